"""What Wellspring writes is for its owner's eyes only."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from wellspring_tui.errors import StorageError
from wellspring_tui.private import create, make_folder, put_in_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[0o000, 0o077], ids=["open umask", "strict umask"])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Any umask of the user's."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """Who may do what."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("_umask")
def test_folders_and_files_are_the_owners_alone(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "one" / "two")
    assert mode(folder) == mode(folder.parent) == 0o700
    temporary, final = folder / "file.tmp", folder / "file"
    with create(temporary) as file:
        file.write(b"content")
        assert mode(temporary) == 0o600
        put_in_place(file, temporary, final)
    assert final.read_bytes() == b"content"
    assert mode(final) == 0o600
    assert not temporary.exists()


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    theirs.chmod(0o755)
    make_folder(theirs / "ours")
    assert (mode(theirs), mode(theirs / "ours")) == (0o755, 0o700)


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"the folder can't be made .* Choose another place"):
        make_folder(tmp_path / "file" / "home")


def test_a_file_in_the_place_of_a_folder_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"a file is where a folder belongs\. Move it away"):
        make_folder(tmp_path / "file")


def test_what_was_there_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    final = tmp_path / "file"
    final.write_bytes(b"old")
    with create(tmp_path / "file.tmp") as file:
        file.write(b"new and longer")
        file.flush()
        assert final.read_bytes() == b"old"
        put_in_place(file, tmp_path / "file.tmp", final)
    assert final.read_bytes() == b"new and longer"
