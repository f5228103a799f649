"""A stream of requests is cut into the input files that a service takes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.support.files import CHAT, EMBEDDINGS
from wellspring_tui.errors import PromptsFileError, StorageError
from wellspring_tui.jobs.planning import Planner, removed_on_failure
from wellspring_tui.prompts.model import Request
from wellspring_tui.service_profiles import ServiceProfile

if TYPE_CHECKING:
    from pathlib import Path


def asked(
    number: int, *, model: str = "m", endpoint: str = CHAT, inputs: int = 1, size: int = 50
) -> Request:
    """A request whose line has `size` bytes."""
    line = json.dumps({"custom_id": f"r{number}"}).encode().ljust(size)
    return Request(f"r{number}", "S", "x", model, endpoint, line, 5, None, inputs)


def plan(folder: Path, requests: list[Request], **limits: int) -> Planner:
    """A planner that has placed all requests; every place is checked to hold its line."""
    folder.mkdir(exist_ok=True)
    planner = Planner(folder, ServiceProfile("acme", "http://acme", **limits))  # type: ignore[arg-type]
    lines = {request.custom_id: request.line for request in requests}
    for own_id, _, _, place, *_ in list(planner.placed(requests)):
        content = (folder / place.file).read_bytes()
        assert content[place.offset : place.offset + place.length] == lines[own_id] + b"\n"
    for part in planner.parts:
        content = (folder / f"part-{part.number:03d}.jsonl").read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (part.size_bytes, part.sha256)
    assert sorted(path.name for path in folder.iterdir()) == [
        f"part-{part.number:03d}.jsonl" for part in planner.parts
    ]
    return planner


def test_what_fits_into_one_part_is_one_part(tmp_path: Path) -> None:
    (part,) = plan(tmp_path, [asked(number) for number in range(7)]).parts
    assert (part.number, part.requests, part.size_bytes, part.tokens) == (1, 7, 7 * 51, 35)
    assert (part.endpoint, part.model) == (CHAT, "m")


def test_a_part_takes_only_so_many_requests(tmp_path: Path) -> None:
    parts = plan(tmp_path, [asked(number) for number in range(7)], max_requests=3).parts
    assert [part.requests for part in parts] == [3, 3, 1]


def test_a_part_takes_only_so_many_bytes(tmp_path: Path) -> None:
    parts = plan(tmp_path, [asked(number) for number in range(5)], max_bytes=102).parts
    assert [part.size_bytes for part in parts] == [102, 102, 51]


def test_a_batch_takes_one_model_and_one_endpoint(tmp_path: Path) -> None:
    mixed = [
        asked(1, model="a"),
        asked(2, model="b"),
        asked(3, model="a"),
        asked(4, model="a", endpoint="/v1/responses"),
        asked(5, model="b"),
    ]
    parts = plan(tmp_path, mixed).parts
    assert [(part.endpoint, part.model, part.requests) for part in parts] == [
        (CHAT, "a", 2),
        (CHAT, "b", 2),
        ("/v1/responses", "a", 1),
    ]


def test_parts_are_numbered_in_the_order_in_which_they_begin(tmp_path: Path) -> None:
    mixed = [asked(n, model="ab"[n % 2]) for n in range(6)]
    parts = plan(tmp_path, mixed, max_requests=2).parts
    assert [(part.number, part.model, part.requests) for part in parts] == [
        (1, "a", 2),
        (2, "b", 2),
        (3, "a", 1),
        (4, "b", 1),
    ]


def test_a_part_takes_only_so_many_embedding_inputs(tmp_path: Path) -> None:
    many = [asked(number, endpoint=EMBEDDINGS, inputs=4) for number in range(5)]
    parts = plan(tmp_path, many, max_embedding_inputs=10).parts
    assert [part.requests for part in parts] == [2, 2, 1]


def test_the_limit_of_embedding_inputs_does_not_cut_other_requests(tmp_path: Path) -> None:
    parts = plan(tmp_path, [asked(n) for n in range(5)], max_embedding_inputs=2).parts
    assert [part.requests for part in parts] == [5]


def test_a_request_larger_than_a_service_takes_is_refused_by_name(tmp_path: Path) -> None:
    planner = Planner(tmp_path, ServiceProfile("acme", "http://acme", max_bytes=60))
    with pytest.raises(PromptsFileError, match=r"r2 has 80 bytes, more than the 60 that acme"):
        list(planner.placed([asked(1), asked(2, size=80)]))
    planner.close()


def test_a_failure_takes_its_folders_away(tmp_path: Path) -> None:
    inputs, outputs = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    outputs.mkdir()
    (inputs / "part-001.tmp").write_bytes(b"half")
    with pytest.raises(ValueError, match="oops"), removed_on_failure(inputs, outputs):
        raise ValueError("oops")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_is_told_with_its_place(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    planner = Planner(gone, ServiceProfile("acme", "http://acme"))
    with pytest.raises(StorageError, match=r"gone.* can't be written"), removed_on_failure(gone):
        list(planner.placed([asked(1)]))
