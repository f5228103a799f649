"""Listing a folder, whatever lies in it: step by step, and without touching what is no file."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.support.files import request, visual
from wellspring_tui.tui.files import Entry, Listing, listings
from wellspring_tui.tui.widgets.file_rows import FileRows, tally
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SAMPLE = Wellspring.sample()
NOBODY = 65_534


def steps(folder: Path, recent: Callable[[], Sequence[Path]] = list) -> list[Listing]:
    """All that is told of a folder, one after the other."""
    return list(listings(folder, recent=recent, sample=SAMPLE))


def whole(folder: Path) -> Listing:
    """A folder as it is known in the end."""
    *_, last = steps(folder)
    assert last.complete
    return last


def shown(listing: Listing, typed: str = "") -> list[str]:
    """The rows' names; headings end with a colon."""
    rows = FileRows(listing, typed, NOW)
    return [f"{row.cells[0]}{':' * row.heading}" for row in rows.page(0, len(rows))]


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may look into, which those of pytest are not."""
    with TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@contextmanager
def as_nobody() -> Iterator[None]:
    """Inside, permissions count: root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_names_come_first_then_what_is_in_the_files(tmp_path: Path) -> None:
    (tmp_path / "garden.json").write_bytes(visual())
    (tmp_path / "editor.json").write_text('{"tabs": 4}')
    first, *_, last = steps(tmp_path)
    assert shown(first) == ["JSON files:", "editor.json", "garden.json", "Folders:", "../"]
    assert shown(last) == [
        *("Prompts files:", "garden.json", "Sample:", "garden-handbook.json"),
        *("Folders:", "../", "Other files:", "editor.json"),
    ]


def test_prompts_files_of_every_kind_are_known_in_every_encoding(tmp_path: Path) -> None:
    plain = '{"Ground": {"facts": "Which soil?"}}'
    contents = {
        "list.json": b'["Which soil?"]',
        "mapping.json": plain.encode(),
        "numbers.json": b"[1, 2]",
        "objects.json": b'[{"prompt": "Which soil?"}]',
        "requests.jsonl": request("a") + b"\n",
        "settings.json": b'{"editor": {"tabs": 4}}',
        "windows.json": plain.encode("utf-16"),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    names = {entry.name for entry in whole(tmp_path).entries if entry.holds_prompts}
    assert names == contents.keys() - {"numbers.json", "settings.json"}


def test_only_the_newest_of_very_many_are_looked_into(tmp_path: Path) -> None:
    for number in range(1_000):
        path = tmp_path / f"{number:04d}.json"
        path.write_bytes(visual() if number in (10, 990) else b'{"a": 1}')
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    known = {entry.name: entry.holds_prompts for entry in whole(tmp_path).entries}
    assert (known["0990.json"], known["0700.json"], known["0010.json"]) == (True, False, None)
    assert sum(holds is not None for holds in known.values()) == 300
    rows = shown(whole(tmp_path))
    assert rows[:2] == ["Prompts files:", "0990.json"]
    assert "0010.json" in rows[rows.index("JSON files, not looked into:") :]


def test_what_is_no_ordinary_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")  # to open it would be to wait for ever
    (tmp_path / "dangling.json").symlink_to("nowhere")
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "home.json").symlink_to(tmp_path)
    listing = whole(tmp_path)
    assert [entry.name for entry in listing.entries if entry.holds_prompts is not None] == []
    assert shown(listing)[2:] == [
        *("Folders:", "../", "home.json/"),
        *("Other files:", "dangling.json", "loop.json", "pipe.json"),
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_device_is_never_opened(tmp_path: Path) -> None:
    tape = tmp_path / "tape.json"
    try:
        os.mknod(tape, 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("not even root makes devices here")
    (entry,) = whole(tmp_path).entries
    assert (entry.holds_prompts, entry.size_bytes) == (None, None)


def test_a_folder_that_may_not_be_read_says_so_and_leads_back(public: Path) -> None:
    locked = public / "locked"
    locked.mkdir(mode=0o000)
    with as_nobody():
        listing = whole(locked)
    assert listing.problem == f"{locked} can't be read (Permission denied)."
    assert "../" in shown(listing)
    assert tally(FileRows(listing, "", NOW), listing, "") == listing.problem


@pytest.mark.parametrize("name", ["gone", "x" * 300, "nul\x00"])
def test_a_folder_that_is_not_there_is_a_problem_and_no_error(tmp_path: Path, name: str) -> None:
    listing = whole(tmp_path / name)
    assert listing.problem is not None
    assert "can't be read" in listing.problem


def test_a_file_that_may_not_be_read_is_listed_among_the_others(public: Path) -> None:
    path = public / "secret.json"
    path.write_bytes(visual())
    path.chmod(0)
    with as_nobody():
        assert shown(whole(public))[-2:] == ["Other files:", "secret.json"]


def test_names_of_every_kind_are_listed(tmp_path: Path) -> None:
    names = [b"bad\xff\xfe.json", b"\x1b]52;c;aGk=\x07.json", "rtl\u202egnp.json".encode()]
    for name in names:
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_bytes(visual())  # noqa: PTH118
    listing = whole(tmp_path)
    assert [entry.holds_prompts for entry in listing.entries] == [True] * 3
    rows = FileRows(listing, "", NOW)
    assert all(rows.position(entry.path) is not None for entry in listing.entries)


def test_recent_files_that_lie_elsewhere_are_listed_once(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    for path in (here / "a.json", there / "b.json"):
        path.write_bytes(visual())
    *_, listing = steps(here, lambda: [there / "b.json", here / "a.json", SAMPLE])
    assert shown(listing)[:5] == [
        *("Prompts files:", "a.json", "Recent:", "b.json", "garden-handbook.json"),
    ]
    assert "Sample:" not in shown(listing)


def test_what_is_typed_narrows_the_list(tmp_path: Path) -> None:
    for name in ("Garden.json", "old-garden.json", "notes.txt", ".garden.json"):
        (tmp_path / name).write_bytes(visual())
    (tmp_path / "gardens").mkdir()
    listing = whole(tmp_path)
    rows = FileRows(listing, "gard", NOW)
    assert shown(listing, "gard") == [
        *("Prompts files:", "Garden.json", "old-garden.json", "Sample:", "garden-handbook.json"),
        *("Folders:", "gardens/"),
    ]
    assert rows.entry(rows.page(rows.best(), rows.best() + 1)[0].key) == Entry(
        str(SAMPLE), SAMPLE.name, likely=True, holds_prompts=True,
        size_bytes=SAMPLE.stat().st_size, changed_at=SAMPLE.stat().st_mtime,
    )  # fmt: skip
    assert tally(rows, listing, "gard") == "“gard”: 4 of 4"
    assert shown(listing, ".gard") == ["Prompts files:", ".garden.json"]
    assert shown(listing, "nothing like it") == []


def test_a_time_that_is_no_time_is_no_error(tmp_path: Path) -> None:
    entry = Entry(str(tmp_path / "a"), "a", size_bytes=1, changed_at=float("inf"))
    assert shown(Listing(tmp_path, (entry,)))[-1] == "a"
