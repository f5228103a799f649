"""The results: every answer by section and prompt type, as JSON.

    {"total_results": 9, "results_by_section": {section: {prompt type: {"response", "usage",
     "model", …}}}, "failures": […], "timestamp": …}

`total_results` counts the answers; what failed or is missing is listed apart, so that
no reader takes an error for an answer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

import msgspec

from wellspring_tui.answers.model import Answer, State
from wellspring_tui.answers.texts import response_text, usage_of
from wellspring_tui.errors import StorageError
from wellspring_tui.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.answers.model import Place
    from wellspring_tui.answers.searching import Found, Where

_encode = msgspec.json.Encoder(decimal_format="string").encode


class Results:
    """The answers of one job, with their texts."""

    def __init__(self, index: AnswerIndex, inputs: Path, outputs: Path) -> None:
        """`inputs` and `outputs` are the job's folders of input and of output files."""
        self.index = index
        self._inputs = inputs
        self._outputs = outputs

    def response_line(self, answer: Answer) -> bytes | None:
        """The line in which the service answered; None while it is missing."""
        return None if answer.response is None else _read(self._outputs, answer.response)

    def request_line(self, answer: Answer) -> bytes:
        """The line that was sent; empty when its input file was never here."""
        return _read(self._inputs, answer.request) if answer.request.file else b""

    def search(
        self, query: str, progress: Progress | None = None, *, where: Where = "answers"
    ) -> Iterator[Found]:
        """Look for words in all answers, or prompts: growing results, the last one complete.

        For a thread: it reads through a connection of its own. Of a failed request the reason
        is searched. Raises StoppedError, StorageError.
        """
        from wellspring_tui.answers.searching import Search

        with self.index.reader() as index:
            search = Search(
                index, self._inputs, self._outputs, query, where, progress or Progress()
            )
            yield from search.found()

    def entry(self, answer: Answer) -> dict[str, Any]:
        """One answered request, as the results hold it."""
        line = self.response_line(answer) or b"null"
        return {
            "response": response_text(line),
            "usage": usage_of(line) or _usage(answer),
            "model": answer.model,
            "custom_id": answer.custom_id,
            "finish_reason": answer.finish,
        }

    def as_dict(self, about: Mapping[str, object]) -> dict[str, Any]:
        """All results at once; `about` is what is told of the job."""
        by_section: dict[str, dict[str, Any]] = {}
        for answer in self.index.answers():
            if answer.state is State.ANSWERED:
                section = by_section.setdefault(answer.section, {})
                section[_unused(answer.prompt_type, section)] = self.entry(answer)
        return {
            **self._head(about),
            "results_by_section": by_section,
            "failures": list(self._failures()),
        }

    def write_json(
        self, to: IO[bytes], about: Mapping[str, object], progress: Progress | None = None
    ) -> None:
        """The same as `as_dict`, written as a stream: no more than one answer in memory."""
        heard = progress or Progress()
        head = msgspec.json.format(_encode(self._head(about)), indent=2)
        to.write(head.removesuffix(b"\n}"))
        to.write(b',\n  "results_by_section": {')
        section: str | None = None
        used: dict[str, None] = {}
        for answer in self.index.answers():
            if answer.number % 500 == 0:
                heard.step("Writing results", answer.number)
            if answer.state is not State.ANSWERED:
                continue
            if answer.section != section:
                to.write(b"\n    }," if section is not None else b"")
                to.write(b"\n    " + _encode(answer.section) + b": {")
                section, used = answer.section, {}
            to.write(b"," if used else b"")
            name = _unused(answer.prompt_type, used)
            used[name] = None
            entry = msgspec.json.format(_encode(self.entry(answer)), indent=2)
            to.write(b"\n      " + _encode(name) + b": " + entry.replace(b"\n", b"\n      "))
        to.write(b"\n    }\n  }" if section is not None else b"}")
        to.write(b',\n  "failures": [')
        for number, failure in enumerate(self._failures()):
            to.write((b"," if number else b"") + b"\n    " + _encode(failure))
        to.write(b"\n  ]\n}\n")

    def _head(self, about: Mapping[str, object]) -> dict[str, Any]:
        totals = self.index.totals()
        return {
            "total_results": totals.answered,
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            **about,
            "requests": totals.requests,
            "answered": totals.answered,
            "failed": totals.failed,
            "missing": totals.missing,
            "usage": msgspec.to_builtins(totals.usage),
            "usage_by_section": {
                section.name: msgspec.to_builtins(section.totals.usage)
                for section in self.index.sections()
            },
        }

    def _failures(self) -> Iterator[dict[str, Any]]:
        for answer in self.index.answers():
            if answer.state is not State.ANSWERED:
                yield {
                    "custom_id": answer.custom_id,
                    "section": answer.section,
                    "prompt_type": answer.prompt_type,
                    "state": answer.state.value,
                    "status_code": answer.status_code,
                    "reason": answer.reason,
                }


def _read(folder: Path, place: Place) -> bytes:
    path = folder / place.file
    try:
        with path.open("rb") as file:
            file.seek(place.offset)
            return file.read(place.length)
    except OSError as error:
        raise StorageError(f"it can't be read ({error.strerror})", where=str(path)) from None


def _unused(name: str, taken: Mapping[str, object]) -> str:
    """`name`, or `name (2)` and so on: two prompts may carry one section and type."""
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"


def _usage(answer: Answer) -> dict[str, Any]:
    usage: dict[str, Any] = msgspec.to_builtins(answer.usage)
    return usage
