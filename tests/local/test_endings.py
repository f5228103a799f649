"""Batches that end before all is answered: cancelled or expired, with what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai
import pytest

from tests.local.conftest import request_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from openai.types import Batch

    from tests.local.conftest import LocalService


def some_are_answered(batch: Batch) -> bool:
    return batch.request_counts is not None and batch.request_counts.completed >= 3


def test_a_cancelled_batch_keeps_its_answers_and_lists_the_rest(
    start: Callable[..., LocalService], matches: Callable[[str, object], None]
) -> None:
    service = start("--pace", "5")
    running = service.until(service.submit(map(request_line, range(60))), some_are_answered)

    asked = service.openai.batches.cancel(running.id)
    assert asked.status == "cancelling"
    assert asked.cancelling_at is not None
    assert asked.output_file_id is asked.error_file_id is None
    assert service.openai.batches.cancel(running.id).status in {"cancelling", "cancelled"}

    batch = service.until_ended(asked)

    assert batch.status == "cancelled"
    assert batch.cancelled_at is not None
    answered = [line["custom_id"] for line in service.lines(batch.output_file_id)]
    rest = service.lines(batch.error_file_id)
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {
        "total": 60,
        "completed": len(answered),
        "failed": 0,
    }
    assert 3 <= len(answered) < 60
    assert sorted(answered + [line["custom_id"] for line in rest]) == sorted(
        f"request-{n}" for n in range(60)
    )
    for line in rest:
        matches("BatchRequestOutput", line)
        assert line["response"] is None
        assert line["error"]["code"] == "batch_cancelled"
    assert service.openai.batches.cancel(batch.id).status == "cancelled"


def test_a_batch_cancelled_while_it_is_validated_has_no_results(
    start: Callable[..., LocalService],
) -> None:
    service = start("--pace", "20")
    created = service.submit([request_line(1)])

    batch = service.until_ended(service.openai.batches.cancel(created.id))

    assert batch.status == "cancelled"
    assert batch.output_file_id is batch.error_file_id is None


def test_a_batch_that_has_ended_cannot_be_cancelled(shared_service: LocalService) -> None:
    completed = shared_service.until_ended(shared_service.submit([request_line(1)]))
    failed = shared_service.until_ended(shared_service.submit([{"custom_id": "alone"}]))

    for batch in (completed, failed):
        with pytest.raises(openai.ConflictError) as refusal:
            shared_service.openai.batches.cancel(batch.id)
        assert refusal.value.body == {
            "message": f"Cannot cancel a batch with status '{batch.status}'.",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }


def test_a_batch_that_runs_out_of_time_expires_with_what_it_has(
    start: Callable[..., LocalService],
) -> None:
    service = start("--pace", "20", "--window", "4")

    batch = service.until_ended(service.submit(map(request_line, range(200))))

    assert batch.status == "expired"
    assert batch.expired_at is not None
    assert batch.expires_at is not None
    assert batch.expired_at >= batch.expires_at
    answered = [line["custom_id"] for line in service.lines(batch.output_file_id)]
    rest = service.lines(batch.error_file_id)
    assert len(answered) + len(rest) == 200
    assert answered
    assert {line["error"]["code"] for line in rest} == {"batch_expired"}
    assert rest[0]["error"]["message"] == (
        "This request could not be executed before the completion window expired."
    )
