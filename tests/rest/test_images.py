"""Images that a prompts file names, through REST: below the roots, or not at all."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.rest.conftest import problem
from tests.support.pictures import png

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rest.conftest import Server

SECRET = png(11, 13)


@pytest.fixture
def outside(shared: Server) -> Path:
    """A good image outside the root."""
    path = shared.folder / "outside.png"
    path.write_bytes(SECRET)
    return path


@pytest.fixture
def folder(shared: Server) -> Iterator[Path]:
    """A folder below the root with an image, and links that lead out of the root."""
    path = shared.write("pictures/maps/in.png", png(5, 4)).parent
    (path / "file-out.png").symlink_to(shared.folder / "outside.png")
    (path / "folder-out").symlink_to(shared.folder)
    yield path.parent
    for name in ("file-out.png", "folder-out"):
        (path / name).unlink()


def asking(shared: Server, image: str) -> str:
    """A prompts file in that folder that names an image."""
    content = [{"prompt": "What is it?", "image": image}]
    return str(shared.write("pictures/prompts.json", json.dumps(content).encode()))


def test_an_image_is_found_from_the_folder_of_the_prompts_file(
    shared: Server, folder: Path
) -> None:
    for image in ("maps/in.png", str(folder / "maps" / "in.png")):
        answer = shared.submit(asking(shared, image))
        assert answer.status_code == 202, answer.text
        job_id = answer.json()["job_id"]
        assert shared.ended(job_id)["status"] == "completed"
        (sent,) = (shared.home / "input" / job_id).glob("part-*.jsonl")
        (part,) = json.loads(sent.read_bytes())["body"]["messages"][0]["content"][1:]
        encoded = base64.b64encode(png(5, 4)).decode()
        assert part["image_url"]["url"] == f"data:image/png;base64,{encoded}"


@pytest.mark.parametrize(
    "image",
    [
        "{outside}",
        "../../outside.png",
        "../outside.png",
        "maps/../maps/in.png",
        "maps/file-out.png",
        "maps/folder-out/outside.png",
        "{root}/../outside.png",
        "/etc/passwd",
        "/dev/zero",
        "maps",
        "maps/in.png\x00",
    ],
)
def test_no_way_leads_to_an_image_outside_the_roots(
    shared: Server, folder: Path, outside: Path, image: str
) -> None:
    before = shared.get("/batch/list")["total"]
    named = image.format(outside=outside, root=shared.root)
    told = problem(shared.submit(asking(shared, named)), 422, "prompts-file")
    assert "[0].image: " in told["detail"]
    assert "The path is refused" in told["detail"]
    assert shared.get("/batch/list")["total"] == before


def test_files_outside_are_not_told_apart_from_none(
    shared: Server, folder: Path, outside: Path
) -> None:
    def told(path: Path) -> Any:
        detail = problem(shared.submit(asking(shared, str(path))), 422, "prompts-file")["detail"]
        return detail.replace(path.name, "")

    assert told(outside) == told(outside.with_name("no.png")) == told(outside.with_name("x.png"))


def test_what_lies_below_a_root_but_is_no_image_is_told(shared: Server, folder: Path) -> None:
    shared.write("pictures/notes.png", b"The password is swordfish.")
    told = problem(shared.submit(asking(shared, "notes.png")), 422, "prompts-file")
    assert "[0].image: “notes.png” is no PNG, JPEG, WebP or GIF image" in told["detail"]
    assert "swordfish" not in str(told)
    told = problem(shared.submit(asking(shared, "gone.png")), 422, "prompts-file")
    assert "[0].image: “gone.png”: there is no such file" in told["detail"]
