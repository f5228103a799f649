"""Whatever shape a service's batch has, it is read for what it says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellspring_tui.services.model import Batch, BatchProblem, Counts, RemoteFile
from wellspring_tui.services.reading import read_batch, read_file, read_status

MOMENT = datetime(2025, 12, 18, 16, 0, 19, tzinfo=UTC)
SECONDS = int(MOMENT.timestamp())
_LATER = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")


def test_openai_sends_every_key_with_nulls() -> None:
    raw = {
        "id": "batch_69442513cdb08190bc6dbfdfcd2b9b46",
        "object": "batch",
        "endpoint": "/v1/responses",
        "model": None,
        "errors": None,
        "input_file_id": "file-a",
        "completion_window": "24h",
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": SECONDS,
        "expires_at": SECONDS + 86_400,
        **{f"{name}_at": None for name in _LATER},
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "usage": {"input_tokens": 0, "total_tokens": 0},
        "metadata": None,
    }
    batch = read_batch(raw)
    assert batch == Batch(
        "batch_69442513cdb08190bc6dbfdfcd2b9b46",
        "validating",
        input_file_id="file-a",
        endpoint="/v1/responses",
        window="24h",
        counts=Counts(),
        created_at=MOMENT,
        expires_at=MOMENT.replace(day=19),
    )
    assert not batch.ended


def test_an_ended_batch_has_its_files_counts_and_timeline() -> None:
    batch = read_batch(
        {
            "id": "b",
            "status": "cancelled",
            "output_file_id": "file-o",
            "error_file_id": "file-e",
            "in_progress_at": SECONDS,
            "cancelled_at": SECONDS,
            "request_counts": {"total": 8, "completed": 4, "failed": 0, "extra": 1},
            "metadata": {"wellspring_part": "x", "number": 7},
        }
    )
    assert batch.ended
    assert (batch.output_file_id, batch.error_file_id) == ("file-o", "file-e")
    assert batch.counts == Counts(8, 4, 0)
    assert batch.timeline == {"in_progress": MOMENT, "cancelled": MOMENT}
    assert batch.metadata == {"wellspring_part": "x", "number": "7"}


def test_together_writes_capitals_and_iso_times_and_no_counts() -> None:
    batch = read_batch(
        {
            "id": "a1b2",
            "status": "IN_PROGRESS",
            "created_at": "2025-12-18T16:00:19Z",
            "progress": 40.0,
        }
    )
    assert (batch.status, batch.created_at, batch.counts) == ("in_progress", MOMENT, None)
    assert batch.percent_done == 40.0


def test_together_wraps_a_new_batch_and_has_its_own_names() -> None:
    batch = read_batch(
        {
            "job": {
                "id": "a1b2",
                "status": "FAILED",
                "job_deadline": "2025-12-18T16:00:19Z",
                "model_id": "meta-llama/Llama-3.3-70B-Instruct-Turbo",
                "error": "the file can't be read",
                "progress": "many",
            },
            "warning": "",
        }
    )
    assert (batch.id, batch.status, batch.expires_at) == ("a1b2", "failed", MOMENT)
    assert batch.model == "meta-llama/Llama-3.3-70B-Instruct-Turbo"
    assert batch.problems == (BatchProblem("the file can't be read"),)
    assert batch.percent_done is None


def test_novita_puts_its_counts_at_the_top_and_errors_in_a_text() -> None:
    batch = read_batch(
        {
            "id": "n",
            "status": "PROGRESS",
            "created_at": "2025-12-18T17:00:19+01:00",
            "total": 9,
            "completed": 4,
            "failed": 1,
            "errors": "quota exceeded",
        }
    )
    assert batch.status == "in_progress"
    assert batch.created_at == MOMENT
    assert batch.counts == Counts(9, 4, 1)
    assert batch.problems == (BatchProblem("quota exceeded"),)


def test_maritaca_has_words_of_its_own_and_a_list_of_errors() -> None:
    batch = read_batch({"id": "m", "status": "succeeded", "errors": ["line 1", "line 2"]})
    assert batch.status == "completed"
    assert batch.ended
    assert [problem.message for problem in batch.problems] == ["line 1", "line 2"]


def test_bella_counts_milliseconds_and_may_leave_the_status_out() -> None:
    batch = read_batch({"id": "b", "created_at": SECONDS * 1_000})
    assert (batch.created_at, batch.status) == (MOMENT, "unknown")
    assert not batch.ended


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("Canceled", "cancelled"),
        ("CANCELLATION_REQUESTED", "cancelling"),
        (" queued ", "validating"),
        ("pre_process", "validating"),
        ("in_queue", "validating"),
        ("running", "in_progress"),
        ("SUCCESS", "completed"),
        ("TIMEOUT_EXCEEDED", "expired"),
        ("paused_by_admin", "paused_by_admin"),
        ("", "unknown"),
        (None, "unknown"),
        (7, "unknown"),
    ],
)
def test_statuses_in_other_words(raw: object, status: str) -> None:
    assert read_status(raw) == status


def test_an_unknown_status_is_no_end() -> None:
    assert not read_batch({"id": "b", "status": "paused_by_admin"}).ended


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        (SECONDS, MOMENT),
        (float(SECONDS) + 0.5, MOMENT.replace(microsecond=500_000)),
        (str(SECONDS), MOMENT),
        (SECONDS * 1_000, MOMENT),
        ("2025-12-18T16:00:19", MOMENT),
        ("2025-12-18 16:00:19.5Z", MOMENT.replace(microsecond=500_000)),
        ("yesterday", None),
        ("", None),
        (0, None),
        (-5, None),
        (10**30, None),
        ("nan", None),
        ("inf", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_times_of_every_kind(raw: object, moment: datetime | None) -> None:
    assert read_batch({"id": "b", "created_at": raw}).created_at == moment


@pytest.mark.parametrize(
    ("raw", "counts"),
    [
        (None, None),
        ({}, None),
        ([], None),
        ({"total": 3}, Counts(3, 0, 0)),
        ({"total": 3.0, "completed": "2", "failed": None}, Counts(3, 0, 0)),
        ({"total": True}, None),
    ],
)
def test_counts_that_are_absent_or_half_there(raw: object, counts: Counts | None) -> None:
    assert read_batch({"id": "b", "request_counts": raw}).counts == counts


@pytest.mark.parametrize(
    ("raw", "problems"),
    [
        (None, ()),
        ("", ()),
        ([], ()),
        ({}, ()),
        ({"data": []}, ()),
        ({"data": None}, ()),
        (7, ()),
        (
            {
                "object": "list",
                "data": [{"code": "invalid_url", "line": 3, "message": "No.", "param": "url"}],
            },
            (BatchProblem("No.", "invalid_url", 3, "url"),),
        ),
        ({"message": "Alone.", "code": "x"}, (BatchProblem("Alone.", "x"),)),
        ([{"code": "only_code", "line": None}], (BatchProblem("only_code", "only_code"),)),
        ([{"line": 2}], (BatchProblem("no reason given", line=2),)),
        ([None, "", 12], (BatchProblem("12"),)),
    ],
)
def test_errors_of_every_kind(raw: object, problems: tuple[BatchProblem, ...]) -> None:
    assert read_batch({"id": "b", "errors": raw}).problems == problems


def test_a_batch_or_file_without_an_id_is_none() -> None:
    with pytest.raises(ValueError, match="without an id"):
        read_batch({"status": "completed"})
    with pytest.raises(ValueError, match="without an id"):
        read_file({"bytes": 3})
    assert read_batch({"batch_id": "d", "status": "completed"}).id == "d"


def test_files_wrapped_or_plain() -> None:
    plain = {"id": "file-a", "bytes": 17, "filename": "x.jsonl"}
    assert read_file(plain) == RemoteFile("file-a", 17, "x.jsonl")
    assert read_file({"code": 0, "data": plain}) == RemoteFile("file-a", 17, "x.jsonl")
    assert read_file({"id": "file-a"}) == RemoteFile("file-a")
    assert read_file({"id": "file-a", "status": "Pending"}).status == "pending"


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "message", "code", "line", "total"]), inner)
    ),
    max_leaves=8,
)
_KEYS = (
    *("status", "input_file_id", "output_file_id", "endpoint", "model", "request_counts"),
    *("created_at", "expires_at", "completed_at", "errors", "metadata", "total"),
)


@given(st.dictionaries(st.sampled_from(_KEYS), _JSON))
def test_nothing_that_a_service_sends_stops_the_reading(raw: dict[str, object]) -> None:
    assert read_batch({"id": "b", **raw}).id == "b"
    assert read_file({"id": "f", **raw}).id == "f"
