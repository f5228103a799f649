"""Answers about batches as other services write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.support.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Raw: TypeAlias = "dict[str, Any]"

_NEEDED = ("id", "object", "status", "metadata")
"""Without its id and status nobody can follow a batch; by its metadata it is known again."""
_NEEDED_BESIDE_NULLS = ("id", "object", "status", "input_file_id")


def _with_unknown_status(batch: Raw) -> Raw:
    return batch | {"status": "rebooting"}


def _with_few_fields(batch: Raw) -> Raw:
    return {name: batch[name] for name in _NEEDED}


def _with_nulls(batch: Raw) -> Raw:
    return dict.fromkeys(batch) | {name: batch[name] for name in _NEEDED_BESIDE_NULLS}


def _with_errors_as_text(batch: Raw) -> Raw:
    said = [error["message"] for error in (batch.get("errors") or {"data": []})["data"]]
    return batch | {"errors": "; ".join(said)}


def _with_iso_times(batch: Raw) -> Raw:
    return batch | {
        name: datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
        for name, value in batch.items()
        if name.endswith("_at") and value is not None
    }


_WAYS: Mapping[Fault, Callable[[Raw], Raw]] = {
    Fault.STATUS_UNKNOWN: _with_unknown_status,
    Fault.FIELDS_ABSENT: _with_few_fields,
    Fault.FIELDS_NULL: _with_nulls,
    Fault.ERRORS_AS_TEXT: _with_errors_as_text,
    Fault.TIMES_AS_ISO: _with_iso_times,
}


def rewritten(body: bytes, fault: Fault) -> bytes:
    """A batch, or a page of batches, as a service of that habit would send it."""
    said = json.loads(body)
    if fault is Fault.HAS_MORE_ABSENT:
        del said["has_more"]
    elif fault is Fault.PAGING_ENDLESS:
        said["has_more"] = True
    elif fault is Fault.LISTING_LATE:
        said |= {"data": [], "first_id": None, "last_id": None, "has_more": False}
    elif said.get("object") == "list":
        said["data"] = [_WAYS[fault](batch) for batch in said["data"]]
    else:
        said = _WAYS[fault](said)
    return json.dumps(said).encode()
