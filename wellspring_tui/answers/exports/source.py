"""What an export is made of: a job, and its answers one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from wellspring_tui.answers.lines import decode_line
from wellspring_tui.answers.model import State
from wellspring_tui.answers.own_rows import row_in
from wellspring_tui.answers.places import PlacedLines
from wellspring_tui.answers.texts import prompt_text, text_of_response, usage_in
from wellspring_tui.progress import Progress
from wellspring_tui.resting import Rests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from wellspring_tui.answers.model import Answer, Place
    from wellspring_tui.answers.results import Results

_PAGE_ROWS = 200
"""Read at once: nobody who writes to the index has to wait for a long export."""

encode = msgspec.json.Encoder(decimal_format="string").encode
"""JSON as all exports write it: money as text, exact to the last digit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request with its texts."""

    answer: Answer
    response: str | None
    """None when there is no answer."""
    usage: dict[str, Any] | None
    """As the service wrote it, or our count of it; None when there is no answer."""
    cost: Decimal | None
    """In dollars; None when it is unknown."""
    prompt: str | None
    """None when it was not asked for, or its line was never here."""
    row: msgspec.Raw | None = None
    """The own columns of a table's row, as a JSON object; None when no table made it."""

    @property
    def dollars(self) -> str | None:
        """The cost, written without exponent."""
        return None if self.cost is None else f"{self.cost:f}"


def own_parts(entry: Entry) -> dict[str, Any]:
    """What JSON tells only of some: `prompt` when it was asked for, `row` of a table's row."""
    parts = {"prompt": entry.prompt, "row": entry.row}
    return {name: part for name, part in parts.items() if part is not None}


@dataclass(frozen=True, slots=True)
class Source:
    """A job as exports see it."""

    results: Results
    about: Mapping[str, object]
    """What is told of the job: `job_id`, `name`, `status`, `service`, …"""
    prompts: bool = False
    """Whether prompts are wanted too."""
    progress: Progress = field(default_factory=Progress)

    def entries(self) -> Iterator[Entry]:
        """Every request, failed and missing ones too, in view order; one page in memory.

        Raises StoppedError, StorageError.
        """
        results, index, rests = self.results, self.results.index, Rests()
        count = len(index)
        with PlacedLines(results.inputs) as asked, PlacedLines(results.outputs) as answered:
            for start in range(0, count, _PAGE_ROWS):
                self.progress.step("Writing answers", start, count)
                rows = index.places_of_rows(start, start + _PAGE_ROWS)
                for answer in list(index.answers(start, start + _PAGE_ROWS)):
                    yield self._entry(answer, asked, answered, rows.get(answer.number))
                    rests.take()
            self.progress.step("Writing answers", count, count)

    def columns(self) -> tuple[str, ...]:
        """The columns of the table whose rows the requests are; () when there is none."""
        return self.results.index.columns()

    def _entry(
        self, answer: Answer, asked: PlacedLines, answered: PlacedLines, row: Place | None
    ) -> Entry:
        response = usage = prompt = None
        if answer.state is State.ANSWERED and answer.response is not None:
            line = decode_line(answered.at(answer.response))
            response = text_of_response(line)
            usage = usage_in(line) or msgspec.to_builtins(answer.usage)
        if self.prompts and answer.request.file:
            prompt = prompt_text(asked.at(answer.request))
        own = None if row is None else row_in(asked.at(row), answer.custom_id)
        return Entry(answer, response, usage, self.results.cost(answer), prompt, own)
