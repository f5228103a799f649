"""The folders below which prompts files may be read, and nothing else on this machine.

A path is walked name by name from a folder that was opened at the start, and no link is
followed on the way: what is swapped while it is walked is refused, or was opened before.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING

from wellspring_tui.errors import InputError, PromptsFileError
from wellspring_tui.rest.problems import RefusalError
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wellspring_tui.prompts.images import ImageOpener

LARGEST_BYTES = 1024**3
"""A prompts file above this is refused before a byte of it is read."""

_CAN_WALK = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_FILE_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe without a writer must not hold us up
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)


class Roots:
    """Opens files below some folders. Raises InputError for a root that is no folder."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._handles: dict[Path, int] = {}
        try:
            for folder in folders:
                self._add(folder)
        except InputError:
            self.close()
            raise

    def _add(self, folder: Path) -> None:
        try:
            whole = folder.resolve(strict=True)
            self._handles[whole] = os.open(whole, _FOLDER_FLAGS) if _CAN_WALK else -1
        except OSError as error:
            raise InputError(
                f"it can't be a root ({error.strerror})",
                where=one_line(str(folder)),
                todo="Give --root a folder that you may read.",
            ) from None

    @property
    def folders(self) -> list[Path]:
        """The roots, without links in their paths."""
        return list(self._handles)

    def close(self) -> None:
        """Let go of the folders."""
        for handle in self._handles.values():
            if handle >= 0:
                os.close(handle)
        self._handles.clear()

    def shown(self, path: str) -> str:
        """`path` when it lies below a root; of any other file only its name."""
        whole = PurePath(path)
        below = any(whole.is_relative_to(root) for root in self._handles)
        return path if below and ".." not in whole.parts else whole.name

    @contextmanager
    def opened(self, given: str) -> Iterator[tuple[IO[bytes], Path]]:
        """The file at `given`, absolute or below a root, and its whole path.

        Raises RefusalError for what may not be read, PromptsFileError for what can't be.
        """
        file, path = self._ordinary(given)
        with file:
            if os.fstat(file.fileno()).st_size > LARGEST_BYTES:
                raise PromptsFileError(
                    f"it is larger than {LARGEST_BYTES:,} bytes",
                    where=one_line(given),
                    todo="Split it, or submit it on the command line.",
                )
            yield file, path

    def beside(self, prompts: Path) -> ImageOpener:
        """Opens images that the prompts file at this whole path names; below the roots only."""

        def opened(named: str) -> IO[bytes]:
            try:
                return self._ordinary(str(prompts.parent / named))[0]
            except RefusalError as refusal:
                reason = refusal.detail.removesuffix(".")
                raise PromptsFileError(f"“{one_line(named, 60)}”: {reason}") from None
            except PromptsFileError as error:
                raise PromptsFileError(f"“{one_line(named, 60)}”: {error.what}") from None

        return opened

    def _ordinary(self, given: str) -> tuple[IO[bytes], Path]:
        handle, path = self._open(given)
        file = os.fdopen(handle, "rb")
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            file.close()
            raise _refused("it is not an ordinary file")
        return file, path

    def _open(self, given: str) -> tuple[int, Path]:
        names = PurePath(given)
        if "\x00" in given or ".." in names.parts:
            raise _refused("it may not hold “..” or a null byte")
        for root, handle in self._handles.items():
            inside = names.relative_to(root) if names.is_relative_to(root) else names
            if inside.is_absolute():
                continue
            try:
                if _CAN_WALK:
                    return _walk(handle, inside.parts), root / inside
                return open_checked(root, inside), root / inside
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _cannot(given, error) from None
        if names.is_absolute() and not any(names.is_relative_to(root) for root in self._handles):
            raise _refused("it does not lie below a folder that this server may read")
        raise PromptsFileError(
            "there is no such file",
            where=one_line(given),
            todo="Paths are read from the folders the server was started with (--root).",
        )


def _walk(root: int, names: tuple[str, ...]) -> int:
    """The open file at the end of `names`, each looked up in the folder before it."""
    folder = os.dup(root)
    try:
        for name in names[:-1]:
            flags = _FOLDER_FLAGS | os.O_NOFOLLOW
            folder, above = os.open(name, flags, dir_fd=folder), folder
            os.close(above)
        last = names[-1] if names else "."
        # To open a device may do something already, so it is looked at before.
        _refuse_special(os.stat(last, dir_fd=folder, follow_symlinks=False).st_mode)
        return os.open(last, _FILE_FLAGS, dir_fd=folder)
    finally:
        os.close(folder)


def open_checked(root: Path, inside: PurePath) -> int:
    """The same where the system can't walk: opened first, then held against its real path."""
    path = root / inside
    _refuse_special(path.lstat().st_mode)
    handle = os.open(path, _FILE_FLAGS)
    if not _is_really_at(handle, path):
        os.close(handle)
        raise _refused("a link is on its way")
    return handle


def _is_really_at(handle: int, path: Path) -> bool:
    """Whether an open file is the one at `path`, and no link leads there."""
    try:
        return path.resolve(strict=True) == path and os.path.samestat(path.stat(), os.fstat(handle))
    except OSError:
        return False


def _refuse_special(mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise _refused("a link is on its way")
    if stat.S_ISDIR(mode):
        raise _refused("it is a folder")
    if not stat.S_ISREG(mode):
        raise _refused("it is not an ordinary file")


def _cannot(given: str, error: OSError) -> Exception:
    if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
        return _refused("a link, or a file where a folder should be, is on its way")
    return PromptsFileError(
        f"it can't be read ({error.strerror})", where=one_line(given), todo="Check its mode."
    )


def _refused(why: str) -> RefusalError:
    return RefusalError(
        403,
        "path-refused",
        "This path may not be read",
        f"The path is refused: {why}.",
        "Name a file below the folders the server was started with (--root).",
    )
