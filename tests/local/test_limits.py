"""The limits a service may be given: tokens in the queue of a model, batches in an hour."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

import openai
import pytest

from tests.local.conftest import jsonl, request_line
from wellspring_tui.local.store import Store
from wellspring_tui.local.tokens import prompt_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from openai.types import Batch

    from tests.local.conftest import Line, LocalService

CHAT: Final = "/v1/chat/completions"
EMBEDDINGS: Final = "/v1/embeddings"
RESPONSES: Final = "/v1/responses"
TOKENS_EACH: Final = 107


def lines(count: int, model: str = "gpt-4o-mini") -> Iterator[Line]:
    """Requests of `TOKENS_EACH` prompt tokens each."""
    words = [{"role": "user", "content": "words" * 100}]
    return (request_line(number, model=model, messages=words) for number in range(count))


def refusal(batch: Batch) -> str | None:
    """Why the queue had no room for a batch; None when it had."""
    if batch.errors is None:
        return None
    (error,) = batch.errors.data or []
    assert (batch.status, error.code, error.line, error.param) == (
        "failed",
        "token_limit_exceeded",
        None,
        None,
    )
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"total": 0, "completed": 0, "failed": 0}
    return error.message


def decided(service: LocalService, batch: Batch) -> Batch:
    """The batch as soon as its validation is over."""
    return service.until(batch, lambda now: now.status != "validating")


def enqueued(data: Path) -> dict[str, int]:
    """The tokens of every batch as a killed service wrote them down."""
    database = sqlite3.connect(data / "service.sqlite")
    found = dict(database.execute("SELECT id, enqueued_tokens FROM batches").fetchall())
    database.close()
    return found


# The queue of a model


def test_a_batch_that_finds_no_room_fails_in_the_recorded_words(
    start: Callable[..., LocalService],
) -> None:
    service = start("--pace", "10", "--enqueued-tokens", "2000000")
    first, second = (service.submit(lines(10_000)) for _ in range(2))

    assert decided(service, first).status == "in_progress"
    assert refusal(decided(service, second)) == (
        "Enqueued token limit reached for gpt-4o-mini in organization org-wellspring. "
        "Limit: 2,000,000 enqueued tokens. "
        "Please try again once some in_progress batches have been completed."
    )


def test_a_queue_may_be_filled_to_its_last_token(start: Callable[..., LocalService]) -> None:
    service = start("--pace", "10", "--enqueued-tokens", str(10 * TOKENS_EACH))
    batches = [service.submit(lines(count)) for count in (6, 5, 4, 1)]

    statuses = [decided(service, batch).status for batch in batches]

    assert statuses == ["in_progress", "failed", "in_progress", "failed"]


def test_each_model_has_a_queue_and_its_dated_name_shares_it(
    start: Callable[..., LocalService],
) -> None:
    service = start("--pace", "10", "--enqueued-tokens", str(10 * TOKENS_EACH))
    names = ("gpt-4o-mini", "gpt-4o", "gpt-4o-mini-2024-07-18")

    batches = [service.submit(lines(10, model)) for model in names]

    first, other, dated = (decided(service, batch) for batch in batches)
    assert (first.status, other.status) == ("in_progress", "in_progress")
    assert "reached for gpt-4o-mini-2024-07-18 in" in str(refusal(dated))


def test_a_completed_batch_makes_room(start: Callable[..., LocalService]) -> None:
    service = start("--pace", "0", "--enqueued-tokens", str(10 * TOKENS_EACH))

    for _ in range(3):
        assert service.until_ended(service.submit(lines(10))).status == "completed"


def test_a_cancelled_batch_makes_room(start: Callable[..., LocalService]) -> None:
    service = start("--pace", "10", "--enqueued-tokens", str(10 * TOKENS_EACH))
    running, late = (service.submit(lines(10)) for _ in range(2))
    assert refusal(service.until_ended(late)) is not None

    service.until_ended(service.openai.batches.cancel(running.id))

    assert decided(service, service.submit(lines(10))).status == "in_progress"


def test_a_batch_takes_room_in_every_status_but_the_last(tmp_path: Path) -> None:
    store = Store(tmp_path / "service.sqlite")
    for batch_id in ("batch_first", "batch_second"):
        store.add_batch(
            batch_id,
            endpoint=CHAT,
            input_file_id="file-1",
            completion_window="24h",
            created_at=0,
            expires_at=86_400,
            metadata=None,
            output_life_seconds=None,
        )

    def begins(batch_id: str) -> bool:
        return store.begin(
            batch_id, model="gpt-4o", total=1, enqueued_tokens=60, token_limit=100, at=1
        )

    assert begins("batch_first")
    assert not begins("batch_second")
    store.finalize("batch_first", at=2)
    assert not begins("batch_second")
    store.cancel("batch_first", at=3)
    assert not begins("batch_second")
    store.decide("batch_first", "cancelled", output_file_id=None, error_file_id=None)
    assert not begins("batch_second")
    assert store.end("batch_first", [], at=4) == "cancelled"
    assert begins("batch_second")
    store.close()


def test_a_batch_that_failed_takes_no_room(start: Callable[..., LocalService]) -> None:
    service = start("--pace", "0", "--enqueued-tokens", str(10 * TOKENS_EACH))
    wrong = [*lines(10), {"custom_id": "alone"}]
    assert service.until_ended(service.submit(wrong)).status == "failed"
    assert refusal(service.until_ended(service.submit(lines(11)))) is not None

    assert service.until_ended(service.submit(lines(10))).status == "completed"


def test_of_two_that_validate_at_once_the_older_gets_the_room(
    start: Callable[..., LocalService],
) -> None:
    service = start("--pace", "10", "--enqueued-tokens", str(20_000 * TOKENS_EACH))
    slow_file, quick_file = (service.upload(jsonl(lines(count))).id for count in (20_000, 1))

    older, younger = (
        service.openai.batches.create(input_file_id=file_id, endpoint=CHAT, completion_window="24h")
        for file_id in (slow_file, quick_file)
    )

    assert refusal(decided(service, younger)) is not None
    assert decided(service, older).status == "in_progress"


def test_killed_and_started_again_it_counts_every_batch_once(
    start: Callable[..., LocalService],
) -> None:
    limit = ("--enqueued-tokens", str(10 * TOKENS_EACH))
    first = start("--pace", "10", *limit)
    running = decided(first, first.submit(lines(6)))
    assert running.status == "in_progress"
    validating = first.submit(lines(3))
    first.kill()
    assert enqueued(first.data) == {running.id: 6 * TOKENS_EACH, validating.id: 0}

    second = start("--pace", "10", *limit)
    too_many, last = (second.submit(lines(count)) for count in (2, 1))
    validating = second.openai.batches.retrieve(validating.id)
    assert decided(second, validating).status == "in_progress"
    assert refusal(decided(second, too_many)) is not None
    assert decided(second, last).status == "in_progress"
    second.kill()

    third = start("--pace", "0", *limit)
    for batch in (running, validating, last):
        assert third.until_ended(batch).status == "completed"
    assert third.until_ended(third.submit(lines(10))).status == "completed"


@pytest.mark.parametrize(
    ("version", "lacks"),
    [(1, ["answerer", "cached_tokens", "enqueued_tokens"]), (2, ["answerer", "cached_tokens"])],
)
def test_what_an_older_service_left_is_taken_over(
    start: Callable[..., LocalService], version: int, lacks: list[str]
) -> None:
    first = start("--pace", "0")
    old = first.until_ended(first.submit(lines(1)))
    first.stop()
    with sqlite3.connect(first.data / "service.sqlite") as database:
        for column in lacks:
            database.execute(f"ALTER TABLE batches DROP COLUMN {column}")
        database.execute(f"PRAGMA user_version = {version}")
    database.close()

    second = start("--pace", "0", "--enqueued-tokens", str(TOKENS_EACH))

    assert second.openai.batches.retrieve(old.id) == old
    assert second.until_ended(second.submit(lines(1))).status == "completed"


@pytest.mark.parametrize(
    ("endpoint", "model"),
    [(CHAT, "gpt-4o-mini"), (RESPONSES, "gpt-4.1"), (EMBEDDINGS, "text-embedding-3-small")],
)
def test_the_queue_counts_the_prompts_that_the_usage_reports(
    start: Callable[..., LocalService], endpoint: str, model: str
) -> None:
    service = start("--pace", "0")

    batch = service.until_ended(
        service.submit([request_line(n, endpoint, model) for n in range(5)], endpoint)
    )
    service.kill()

    assert batch.usage is not None
    assert enqueued(service.data) == {batch.id: batch.usage.input_tokens}


@pytest.mark.parametrize(
    ("endpoint", "body", "wanted"),
    [
        (CHAT, {}, 3),
        (CHAT, {"messages": 7}, 3),
        (CHAT, {"messages": ["hello", {"role": "user"}]}, 7),
        (RESPONSES, {"input": "1234567890", "instructions": "12345"}, 6),
        (EMBEDDINGS, {"input": ["123456", "1"]}, 3),
        (EMBEDDINGS, {"input": [[1, 2, 3], [4]]}, 4),
        (EMBEDDINGS, {"input": [1, 2, 3]}, 3),
        (EMBEDDINGS, {"input": []}, 0),
        (EMBEDDINGS, {"input": {"a": "dict"}}, 0),
        (EMBEDDINGS, {}, 0),
    ],
)
def test_whatever_a_body_holds_it_counts_as_far_as_it_can_be_read(
    endpoint: str, body: dict[str, object], wanted: int
) -> None:
    assert prompt_tokens(endpoint, body) == wanted


# Batches in an hour


def test_one_batch_more_than_an_hour_may_have_has_to_wait(
    start: Callable[..., LocalService],
) -> None:
    service = start("--pace", "0", "--creations-per-hour", "2")
    accepted = [service.until_ended(service.submit([request_line(1)])) for _ in range(2)]

    with pytest.raises(openai.RateLimitError) as refused:
        service.submit([request_line(1)])

    headers, body = refused.value.response.headers, refused.value.body
    wait = int(headers["retry-after"])
    assert 3_000 < wait <= 3_600
    assert headers["x-request-id"]
    assert body == {
        "message": "Rate limit reached for batch creation in organization org-wellspring on "
        f"batches per hour: Limit 2. Please try again in {wait}s.",
        "type": "requests",
        "param": None,
        "code": "rate_limit_exceeded",
    }
    assert [batch.id for batch in service.openai.batches.list()] == [
        batch.id for batch in reversed(accepted)
    ]


def test_the_hour_rolls_and_outlives_a_kill(start: Callable[..., LocalService]) -> None:
    first = start("--pace", "0", "--creations-per-hour", "2")
    for _ in range(2):
        first.until_ended(first.submit([request_line(1)]))
    first.kill()
    with sqlite3.connect(first.data / "service.sqlite") as database:  # an hour later, nearly
        database.execute("UPDATE batches SET created_at = created_at - 3500")
        database.execute("UPDATE batches SET created_at = created_at - 100 WHERE seq = 1")
    database.close()

    second = start("--pace", "0", "--creations-per-hour", "2")

    second.submit([request_line(1)])  # the first one is an hour ago
    with pytest.raises(openai.RateLimitError) as refused:  # the second one is not
        second.submit([request_line(1)])
    assert 0 < int(refused.value.response.headers["retry-after"]) <= 100


def test_a_refused_creation_counts_towards_nothing(start: Callable[..., LocalService]) -> None:
    service = start("--pace", "0", "--creations-per-hour", "1")
    for _ in range(3):
        with pytest.raises(openai.BadRequestError):
            service.openai.batches.create(
                input_file_id="file-1",
                endpoint="/v1/nowhere",  # type: ignore[arg-type]
                completion_window="24h",
            )

    assert service.submit([request_line(1)]).status == "validating"
