"""What nobody needs any more in the home, and deleting it.

Only names that Wellspring itself gives are ever touched. What was found is looked at once
more before it goes, under the lock of the job that it belongs to: another process may have
come to need it since.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.jobs.holding import LOCK_NAME, alone
from wellspring_tui.jobs.litter import Kept, Kind, Litter
from wellspring_tui.jobs.model import INDEX_NAME
from wellspring_tui.private import writing
from wellspring_tui.saving import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wellspring_tui.jobs.clean_book import CleanBook
    from wellspring_tui.places import Places
    from wellspring_tui.progress import Progress

_JOB_ID = re.compile(r"[a-z0-9]{6}")
_INPUT = re.compile(r"part-(\d{3,})\.jsonl(\.tmp)?")
_HALF = re.compile(r"part-\d{3,}(\.(output|error))?\.tmp")
_TASKS = re.compile(r"wellspring_batch_tasks_\d{8}_\d{6}_[0-9a-f]{6}(\.jsonl|\.sections\.json)")
_SECTIONS = ".sections.json"
_RAW_ANSWERS = "answers.jsonl"
_COPIES = ("incoming", "stdin")
"""Folders of prompts that came over HTTP or through a pipe, each in a folder of its own."""

_GOING = ".going"
_AT_REST = timedelta(minutes=10)
"""So long nothing writes: whoever makes a job writes all the time."""
_A_DAY = timedelta(days=1)
_LOG_KEPT = timedelta(days=7)


class DiskLitter:
    """Finds it, and deletes it."""

    def __init__(self, book: CleanBook, places: Places) -> None:
        self._book = book
        self._places = places

    def find(self, job_id: str | None, progress: Progress) -> list[Litter]:
        """All of it, or that of one job."""
        lasts = self._book.last_parts()
        if job_id is not None:
            return list(self._of_job(job_id, lasts.get(job_id)))
        found: list[Litter] = []
        for count, (one, last) in enumerate(lasts.items()):
            progress.step("Looking through the jobs' folders", count, len(lasts))
            found += self._of_job(one, last)
        return [*found, *self._of_no_job()]

    def kept(self) -> Iterator[Kept]:
        """What stays, and why."""
        goes = {*self._book.forgotten(), *(one.job_id for one in self._orphans())}
        jobs: list[int] = []
        strange: list[int] = []
        for job_id in self._folders():
            if job_id not in goes:
                own = jobs if self._book.knows(job_id) else strange
                own.append(sum(map(_size, self._folders_of(job_id))))
        unsent = [_size(path) for path in self._task_files() if self._task(path) is None]
        for sizes, what in (
            (jobs, "jobs with their input files and answers"),
            (strange, "folders of no job here, which may hold answers or be written just now"),
            (unsent, "files of tasks that no job was made of"),
        ):
            if sizes:
                yield Kept(len(sizes), sum(sizes), what)

    def remove(self, litter: Litter) -> bool:
        """Delete one thing; False when it is not litter any more, or somebody is at work on it.

        Raises StorageError.
        """
        path = self._path(litter)
        with writing(path):
            if not path.exists() and litter.kind is not Kind.FORGOTTEN:
                return True  # another process was quicker
            match litter.kind:
                case Kind.FORGOTTEN:
                    return self._remove_forgotten(str(litter.job_id))
                case Kind.BROKEN_OFF:
                    return self._remove_orphan(litter)
                case Kind.OLD_LOG:
                    return self._remove_log(path)
            if litter.job_id is not None:
                return self._remove_of_job(litter, path)
            return self._remove_of_no_job(litter, path)

    def remove_folders(self, job_id: str) -> None:
        """Delete all that a job had here. Raises StorageError."""
        for folder in reversed(self._folders_of(job_id)):
            with writing(folder):
                _delete(folder)

    # -- finding -----------------------------------------------------------------

    def _of_job(self, job_id: str, last: int | None) -> Iterator[Litter]:
        """Of a job that is over; `last` is the number of its last part."""
        if last is None:
            return
        inputs, outputs = self._places.inputs(job_id), self._places.outputs(job_id)
        for path in _files(inputs):
            found = _INPUT.fullmatch(path.name)
            if found and (found[2] or int(found[1]) > last):
                why = "a retry was broken off before the ledger knew of it"
                yield self._litter(Kind.HALF_WRITTEN, path, why, job_id)
        for path in _files(outputs):
            if _HALF.fullmatch(path.name):
                why = "a download was broken off, and was made again"
                yield self._litter(Kind.HALF_WRITTEN, path, why, job_id)
            elif path.name == _RAW_ANSWERS and _rests(path, _A_DAY):
                why = "the answers stand in their own files too; made again if asked"
                yield self._litter(Kind.RAW_ANSWERS, path, why, job_id)
            elif path.name.startswith(PREFIX) and _rests(path, _A_DAY):
                yield self._litter(Kind.HALF_WRITTEN, path, _BROKEN_OFF, job_id)

    def _of_no_job(self) -> Iterator[Litter]:
        why = "it was forgotten, and deleting it was broken off"
        for job_id in self._book.forgotten():
            yield self._litter_of_folders(Kind.FORGOTTEN, job_id, why)
        yield from self._orphans()
        for path in self._task_files():
            if (found := self._task(path)) is not None:
                yield found
        data = self._places.data
        for folder in (copy for name in _COPIES for copy in _children(data / name)):
            if _is_old_copy(folder):
                why = "what became a job has a copy of its own"
                yield self._litter(Kind.PROMPTS_COPY, folder, why)
        for path in (*_files(data), *_files(data / "input")):
            if path.name.startswith(PREFIX) and _rests(path, _A_DAY):
                yield self._litter(Kind.HALF_WRITTEN, path, _BROKEN_OFF)
        for path in _files(self._places.log.parent):
            number = path.name.removeprefix(f"{self._places.log.name}.")
            if number.isdecimal() and _rests(path, _LOG_KEPT):
                why = "it was put aside, and is not written any more"
                yield self._litter(Kind.OLD_LOG, path, why)

    def _orphans(self) -> Iterator[Litter]:
        """Folders of jobs that were never made: whoever wrote them was killed.

        Those from before the ledger's first job may be another ledger's, and where there are
        answers they may be all that is left of a job.
        """
        since = self._book.first_job_at()
        forgotten = set(self._book.forgotten())
        for job_id in self._folders():
            if since is None or job_id in forgotten or self._book.knows(job_id):
                continue
            folders = self._folders_of(job_id)
            paths = [path for folder in folders for path in _children(folder)]
            changed = max(map(_changed, [*folders, *paths]))
            ours = all(_is_of_a_new_job(path) for path in paths)
            if ours and since < changed < datetime.now(UTC) - _AT_REST:
                why = "its submission was broken off: there is no such job"
                yield self._litter_of_folders(Kind.BROKEN_OFF, job_id, why)

    def _task_files(self) -> Iterator[Path]:
        return (path for path in _files(self._places.data / "input") if _TASKS.fullmatch(path.name))

    def _task(self, path: Path) -> Litter | None:
        """A file of tasks, or of their sections, that became a job."""
        requests = path.with_name(path.name.replace(_SECTIONS, ".jsonl"))
        if not requests.is_file():
            return self._litter(Kind.TASKS, path, "the tasks that it is about are gone")
        if self._book.has_input(_sha256(requests), str(requests.absolute())):
            return self._litter(Kind.TASKS, path, "the job made of it has a copy of its own")
        return None

    def _folders(self) -> list[str]:
        """The names of all folders that may be a job's."""
        names = {
            path.name
            for kind in ("input", "output")
            for path in _children(self._places.data / kind)
            if _JOB_ID.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
        }
        return sorted(names)

    def _folders_of(self, job_id: str) -> list[Path]:
        both = (self._places.inputs(job_id), self._places.outputs(job_id))
        return [folder for folder in both if folder.is_dir()]

    def _litter(self, kind: Kind, path: Path, why: str, job_id: str | None = None) -> Litter:
        where = self._shown(path)
        return Litter(kind, where, _size(path), why, _changed(path), job_id)

    def _litter_of_folders(self, kind: Kind, job_id: str, why: str) -> Litter:
        folders = self._folders_of(job_id)
        at = max(map(_changed, folders), default=datetime.now(UTC))
        where = self._shown(folders[0] if folders else self._places.inputs(job_id))
        return Litter(kind, where, sum(map(_size, folders)), why, at, job_id)

    def _shown(self, path: Path) -> str:
        """Below the home, a path from there."""
        home = self._places.data
        return path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)

    # -- deleting ----------------------------------------------------------------

    def _path(self, litter: Litter) -> Path:
        return self._places.data / litter.where

    def _remove_of_job(self, litter: Litter, path: Path) -> bool:
        job_id = str(litter.job_id)
        try:
            with alone(self._places.inputs(job_id), job_id):
                now = self._of_job(job_id, self._book.last_part(job_id))
                if litter.where not in {one.where for one in now}:
                    return False
                _delete(path)
        except InputError:
            return False  # a retry of it is being planned
        return True

    def _remove_of_no_job(self, litter: Litter, path: Path) -> bool:
        match litter.kind:
            case Kind.TASKS if self._task(path) is not None:
                _delete(path)
            case Kind.PROMPTS_COPY if _is_old_copy(path):
                _delete(_going(path))
            case Kind.HALF_WRITTEN if _rests(path, _A_DAY):
                _delete(path)
            case _:
                return False
        return True

    def _remove_orphan(self, litter: Litter) -> bool:
        job_id = str(litter.job_id)
        inputs = self._places.inputs(job_id)
        if inputs.is_dir():
            try:
                with alone(inputs, job_id):
                    pass  # whoever made it is dead, and nobody else ever takes that id
            except InputError:
                return False
        if self._book.knows(job_id):
            return False
        self.remove_folders(job_id)
        return True

    def _remove_forgotten(self, job_id: str) -> bool:
        if job_id not in self._book.forgotten():
            return False
        self.remove_folders(job_id)
        self._book.rest_is_gone(job_id)
        return True

    def _remove_log(self, path: Path) -> bool:
        from filelock import FileLock, Timeout

        try:
            with FileLock(self._places.log.with_suffix(".lock"), timeout=0, mode=0o600):
                if not path.exists() or not _rests(path, _LOG_KEPT):
                    return False  # a younger one has taken its name
                path.unlink()
        except Timeout:
            return False
        return True


_BROKEN_OFF = "whoever wrote it was broken off"


def _is_of_a_new_job(path: Path) -> bool:
    """Whether a file is what the making of a job leaves, and no answer is in it."""
    name = path.name
    own = name == LOCK_NAME or name.startswith(INDEX_NAME)
    return own or any(known.fullmatch(name) for known in (_INPUT, _HALF))


def _children(folder: Path) -> Iterable[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else ()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in _children(folder) if path.is_file() and not path.is_symlink())


def _changed(path: Path) -> datetime:
    """When a file, or a folder's list of files, was last changed."""
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except FileNotFoundError:  # another process was quicker
        return datetime.now(UTC)


def _rests(path: Path, age: timedelta) -> bool:
    return _changed(path) < datetime.now(UTC) - age


def _is_old_copy(folder: Path) -> bool:
    return folder.name.endswith(_GOING) or _rests(folder, _A_DAY)


def _going(folder: Path) -> Path:
    """A folder under a name that tells that it goes: half empty, it would look new again."""
    if folder.name.endswith(_GOING):
        return folder
    named = folder.with_name(f"{folder.name}{_GOING}")
    with suppress(FileNotFoundError):  # another process was quicker
        folder.rename(named)
    return named


def _size(path: Path) -> int:
    try:
        if path.is_dir() and not path.is_symlink():
            return sum(map(_size, path.iterdir()))
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _delete(path: Path) -> None:
    while path.is_dir() and not path.is_symlink():
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            continue  # another process deletes the same
    path.unlink(missing_ok=True)
