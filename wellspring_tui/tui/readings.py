"""Prompts files that were read, so that none is read twice for the same settings."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.model import FileKind
from wellspring_tui.prompts.opening import open_prompts
from wellspring_tui.prompts.rows import fitting
from wellspring_tui.text import one_line
from wellspring_tui.tui.carrier import in_thread

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.jobs.needs import Needs
    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.progress import Progress
    from wellspring_tui.prompts.checking import Survey
    from wellspring_tui.prompts.model import RequestOptions
    from wellspring_tui.tui.heard import Heard
    from wellspring_tui.wellspring import Wellspring

_KEPT = 8

_Key: TypeAlias = "tuple[Path, tuple[int, int, int], RequestOptions | None]"


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompts file as one set of settings has it."""

    needs: Needs
    cost: Estimate
    options: RequestOptions
    service: str

    @property
    def found(self) -> Survey:
        """What is in the file."""
        return self.needs.found

    def answers(self, options: RequestOptions, service: str) -> bool:
        """Whether it tells of a job with these settings too: ready-made requests bring theirs."""
        own = self.found.kind is FileKind.REQUESTS or options == self.options
        return own and service == self.service


class Readings:
    """Reads prompts files in threads, and keeps the last few readings."""

    def __init__(self, door: Wellspring) -> None:
        self._door = door
        self._kept: OrderedDict[_Key, Needs] = OrderedDict()

    async def read(
        self, path: Path, heard: Heard, *, service: str, options: RequestOptions | None = None
    ) -> Reading:
        """The file at `path` for a service; by default with the options of the last job like it.

        The reading stops when its awaiting does. Raises PromptsFileError.
        """
        try:
            return await in_thread(partial(self._read, path, options, service, heard.progress))
        except OSError as error:  # it went while it was read
            raise PromptsFileError(
                f"it can't be read ({error.strerror})", where=one_line(str(path))
            ) from None
        finally:
            heard.stop()

    def _read(
        self, path: Path, options: RequestOptions | None, service: str, progress: Progress
    ) -> Reading:
        door = self._door
        file = open_prompts(path)
        kind = file.kind
        given = options or fitting(door.options_for(kind.value), file)
        key = path, _stamp(path), None if kind is FileKind.REQUESTS else given
        known = self._kept.get(key)
        needs = None if known is None else door.needs_again(known, service)
        if needs is None:
            needs = door.needs(path, given, service=service, progress=progress)
        self._keep(key, needs)
        return Reading(needs, door.estimate(needs.found, service), given, service)

    def _keep(self, key: _Key, needs: Needs) -> None:
        self._kept[key] = needs
        self._kept.move_to_end(key)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def _stamp(path: Path) -> tuple[int, int, int]:
    """What changes when a file does."""
    about = path.stat()
    return about.st_mtime_ns, about.st_size, about.st_ino
