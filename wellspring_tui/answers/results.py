"""The answers of one job with their texts: reading, searching, telling them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from wellspring_tui.answers.exports import as_json
from wellspring_tui.answers.exports.source import Entry, Source
from wellspring_tui.answers.lines import decode_line
from wellspring_tui.answers.model import State
from wellspring_tui.answers.places import PlacedLines
from wellspring_tui.answers.texts import prompt_text, response_text, text_of_response, usage_in
from wellspring_tui.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from decimal import Decimal
    from pathlib import Path

    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.answers.model import Answer, Place
    from wellspring_tui.answers.searching import Found, Where


class Results:
    """The answers of one job, with their texts."""

    def __init__(
        self,
        index: AnswerIndex,
        inputs: Path,
        outputs: Path,
        cost_of: Callable[[Answer], Decimal | None] = lambda _answer: None,
    ) -> None:
        """`inputs` and `outputs` are the job's folders of input and of output files.

        `cost_of` tells what a request cost, in dollars, or None where nobody knows.
        """
        self.index = index
        self.inputs = inputs
        self.outputs = outputs
        self._cost_of = cost_of

    def response_line(self, answer: Answer) -> bytes | None:
        """The line in which the service answered; None while it is missing."""
        return None if answer.response is None else _read(self.outputs, answer.response)

    def request_line(self, answer: Answer) -> bytes:
        """The line that was sent; empty when its input file was never here."""
        return _read(self.inputs, answer.request) if answer.request.file else b""

    def text(self, answer: Answer, where: Where = "answers") -> str:
        """What a search looks at: the answer or why there is none, or the prompt."""
        if where == "prompts":
            return prompt_text(self.request_line(answer))
        if answer.state is not State.ANSWERED:
            return answer.reason or ""
        return response_text(self.response_line(answer) or b"")

    def search(
        self, query: str, progress: Progress | None = None, *, where: Where = "answers"
    ) -> Iterator[Found]:
        """Look for words in all answers, or prompts: growing results, the last one complete.

        For a thread: it reads through a connection of its own. Of a failed request the reason
        is searched. Raises StoppedError, StorageError.
        """
        from wellspring_tui.answers.searching import Search

        with self.index.reader() as index:
            search = Search(index, self.inputs, self.outputs, query, where, progress or Progress())
            yield from search.found()

    def entry(self, answer: Answer) -> dict[str, Any]:
        """One answered request, as the results JSON holds it."""
        line = decode_line(self.response_line(answer) or b"null")
        usage = usage_in(line) or msgspec.to_builtins(answer.usage)
        return as_json.as_entry(
            Entry(answer, text_of_response(line), usage, self.cost(answer), None)
        )

    def cost(self, answer: Answer) -> Decimal | None:
        """What one request cost, in dollars; None when that is unknown."""
        return self._cost_of(answer)

    def as_dict(self, about: Mapping[str, object]) -> dict[str, Any]:
        """All results at once, as the JSON holds them; `about` is what is told of the job."""
        return as_json.as_dict(Source(self, about))


def _read(folder: Path, place: Place) -> bytes:
    with PlacedLines(folder) as lines:
        return lines.at(place)
