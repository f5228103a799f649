"""Failures that pass, and those that don't; how long to wait after each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.jobs import part
from wellspring_tui.jobs.model import Part, Step
from wellspring_tui.jobs.setbacks import setback_of
from wellspring_tui.services.model import BatchProblem

FULL = (
    "Enqueued token limit reached for gpt-4o-mini in organization org-x. Limit: 2,000,000 enqueued "
    "tokens. Please try again once some in_progress batches have been completed."
)
NOT_FOUND = "Cannot find file file-abc, or organization org-x does not have access to it."


def failed(*problems: BatchProblem, attempts: int = 0) -> Part:
    """A part whose batch failed for these reasons."""
    one = part("bcdfgh")
    return replace(one, step=Step.CREATED, status="failed", problems=problems, attempts=attempts)


def test_a_full_queue_passes_and_teaches_its_limit() -> None:
    found = setback_of(failed(BatchProblem(FULL, "token_limit_exceeded")))
    assert found is not None
    assert found.token_limit == 2_000_000
    assert not found.upload_again


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        ("The number of enqueued tokens has surpassed the configured limit of 30K for it.", 30_000),
        ("Enqueued token limit reached. Limit: 3M enqueued tokens.", 3_000_000),
        ("Enqueued token limit reached for the model.", None),
    ],
)
def test_other_services_say_it_in_other_words(message: str, limit: int | None) -> None:
    found = setback_of(failed(BatchProblem(message)))
    assert found is not None
    assert found.token_limit == limit


def test_the_longer_a_queue_stays_full_the_longer_is_the_wait_up_to_a_bound() -> None:
    waits = []
    for attempts in range(8):
        found = setback_of(failed(BatchProblem(FULL, "token_limit_exceeded"), attempts=attempts))
        assert found is not None
        waits.append(found.wait_factor)
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_file_that_is_not_found_is_tried_again_then_uploaded_again_then_given_up() -> None:
    tries = [
        setback_of(failed(BatchProblem(NOT_FOUND, "invalid_request"), attempts=attempts))
        for attempts in range(9)
    ]
    assert [found and (found.wait_factor, found.upload_again) for found in tries] == [
        *((1, False), (2, False), (4, False), (10, True)),
        *((10, False), (10, False), (10, False), (10, False), None),
    ]


@pytest.mark.parametrize(
    "problems",
    [
        (),
        (BatchProblem("Model parameter is required.", "invalid_request", 3, "body.model"),),
        (
            BatchProblem(FULL, "token_limit_exceeded"),
            BatchProblem("This line is not parseable as valid JSON.", "invalid_json_line", 1),
        ),
    ],
)
def test_what_the_file_is_to_blame_for_does_not_pass(problems: tuple[BatchProblem, ...]) -> None:
    assert setback_of(failed(*problems)) is None


def test_only_a_failed_batch_is_set_back() -> None:
    ended = replace(failed(BatchProblem(FULL, "token_limit_exceeded")), status="expired")
    assert setback_of(ended) is None
