"""What happened, told to the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from wellspring_tui.jobs.model import Round


class JobsRefreshed(Message):
    """A round over the jobs ended."""

    def __init__(self, done: Round) -> None:
        super().__init__()
        self.done = done
