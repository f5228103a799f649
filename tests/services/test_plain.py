"""The quick reading of plain pages: it tells what the tolerant one tells, or leaves it to that."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellspring_tui.services.plain import read_page
from wellspring_tui.services.reading import read_batch

WIRE: dict[str, Any] = {
    "id": "batch_69442513cdb08190bc6dbfdfcd2b9b46",
    "object": "batch",
    "endpoint": "/v1/chat/completions",
    "model": "gpt-4o-mini-2024-07-18",
    "errors": None,
    "input_file_id": "file-abc",
    "completion_window": "24h",
    "status": "completed",
    "output_file_id": "file-out",
    "error_file_id": None,
    "created_at": 1_766_073_619,
    "in_progress_at": 1_766_073_682,
    "expires_at": 1_766_160_019,
    "finalizing_at": 1_766_074_400,
    "completed_at": 1_766_074_402,
    "failed_at": None,
    "expired_at": None,
    "cancelling_at": None,
    "cancelled_at": None,
    "request_counts": {"total": 9, "completed": 8, "failed": 1},
    "usage": {"input_tokens": 1},
    "metadata": {"wellspring_part": "bcdfgh-1-0123456789ab"},
}

_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    st.sampled_from(["COMPLETED", "running", "2026-01-27T12:00:00Z", 1_766_073_619_000]),
)


def page(*batches: dict[str, Any], **others: Any) -> bytes:
    """A page of a listing."""
    return json.dumps({"object": "list", "data": batches, "has_more": False, **others}).encode()


def test_a_plain_page_is_read_at_once_and_tells_the_same() -> None:
    assert read_page(page(WIRE, has_more=True)) == ([read_batch(WIRE)], True)


@pytest.mark.parametrize(
    "content",
    [
        b"<html>502</html>",
        b"[]",
        b'{"data": [], "has_more": null}',
        b'{"data": []}',
        page({**WIRE, "status": "rebooting"}),
        page({**WIRE, "created_at": "2026-01-27T12:00:00Z"}),
        page({**WIRE, "errors": {"data": [{"message": "No."}]}}),
        page({**WIRE, "metadata": {"a": 1}}),
        page({key: value for key, value in WIRE.items() if key != "request_counts"}),
    ],
)
def test_a_page_that_deviates_is_left_to_the_tolerant_reading(content: bytes) -> None:
    assert read_page(content) is None


@given(key=st.sampled_from(sorted(WIRE)), value=_ODD)
def test_whatever_a_field_holds_both_readings_agree_or_the_quick_one_stands_back(
    key: str, value: object
) -> None:
    odd = {**WIRE, key: value}
    quick = read_page(page(odd))
    if quick is not None:
        assert quick == ([read_batch(odd)], False)
