"""The answers of one batch so far: two append-only JSONL files that become its results.

How far a batch is, is read from these files and from nowhere else: what is in them is
answered, also after a crash, and what is not will be. A half-written last line is cut off.
"""

from __future__ import annotations

import shutil
from typing import IO, TYPE_CHECKING

import msgspec

from wellspring_tui.local.disk import write_all
from wellspring_tui.local.store import Counts
from wellspring_tui.local.wire import new_line_id, new_request_id

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from wellspring_tui.local.answerer import Answer

_encoder = msgspec.json.Encoder()


class _Body(msgspec.Struct):
    usage: object = None


class _Response(msgspec.Struct):
    status_code: int
    body: _Body


class _Line(msgspec.Struct):
    """What a line of a result file says about progress."""

    custom_id: str
    response: _Response | None = None


_lines = msgspec.json.Decoder(_Line)
_bodies = msgspec.json.Decoder(_Body)


class AnswersLog:
    """Writes the answers of one batch into its folder, and knows how many there are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.input = folder / "input.jsonl"
        self.output = folder / "output.jsonl"
        self.error = folder / "error.jsonl"
        self.counts = Counts()
        self.done: set[str] = set()
        """The custom_ids that were in the files when they were opened."""
        self._output_file: IO[bytes] | None = None
        self._error_file: IO[bytes] | None = None
        self._output_lines: list[bytes] = []
        self._error_lines: list[bytes] = []

    def __enter__(self) -> AnswersLog:
        """Open the log behind its last whole line, with counts read from what is there."""
        self.counts = Counts()
        for forgotten in (self.done, self._output_lines, self._error_lines):
            forgotten.clear()
        for path in (self.output, self.error):
            self._recover(path)
        self._output_file = self.output.open("ab", buffering=0)
        self._error_file = self.error.open("ab", buffering=0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in (self._output_file, self._error_file):
            if file is not None:
                file.close()

    def _recover(self, path: Path) -> None:
        if not path.exists():
            return
        good_bytes = 0
        with path.open("r+b") as file:
            for raw in file:
                line = _whole(raw)
                if line is None:
                    break
                good_bytes += len(raw)
                self.done.add(line.custom_id)
                if line.response is not None:
                    self._count(line.response.status_code, line.response.body.usage)
            file.truncate(good_bytes)

    def _count(self, status_code: int, usage: object) -> None:
        answered = status_code == 200
        asked, written, reasoned, cached = _tokens(usage)
        self.counts = Counts(
            self.counts.completed + answered,
            self.counts.failed + (not answered),
            self.counts.input_tokens + asked,
            self.counts.output_tokens + written,
            self.counts.reasoning_tokens + reasoned,
            self.counts.cached_tokens + cached,
        )

    def add(self, custom_id: str, answer: Answer) -> None:
        """Take an answer; it counts once `flush` has written it."""
        response = {
            "status_code": answer.status_code,
            "request_id": new_request_id(),
            "body": answer.body,
        }
        lines = self._output_lines if answer.status_code == 200 else self._error_lines
        lines.append(_encode(custom_id, response, None))
        body = answer.body
        usage = body.get("usage") if isinstance(body, dict) else _bodies.decode(body).usage
        self._count(answer.status_code, usage)

    def add_unanswered(self, custom_id: str, *, code: str, message: str) -> None:
        """Take a request that never ran: listed in the error file, counted nowhere."""
        self._error_lines.append(_encode(custom_id, None, {"code": code, "message": message}))

    def flush(self) -> Counts:
        """Write what was taken and say how far the batch is.

        Raises OSError when the disk is in the way; what was taken is kept for the next time.
        """
        for file, lines in (
            (self._output_file, self._output_lines),
            (self._error_file, self._error_lines),
        ):
            if file is not None and lines:
                write_all(file, lines)
            lines.clear()
        return self.counts

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _whole(raw: bytes) -> _Line | None:
    """A line as it was written; None for a half one or for what a power cut left."""
    if not raw.endswith(b"\n"):
        return None
    try:
        return _lines.decode(raw)
    except ValueError:
        return None


def _encode(custom_id: str, response: object, error: object) -> bytes:
    line = {
        "id": new_line_id(),
        "custom_id": custom_id,
        "response": response,
        "error": error,
    }
    return _encoder.encode(line) + b"\n"


def _tokens(usage: object) -> tuple[int, int, int, int]:
    """The tokens asked with, written, thought with, and remembered: one of two sets of names."""
    if not isinstance(usage, dict):
        return 0, 0, 0, 0
    details = usage.get("completion_tokens_details") or usage.get("output_tokens_details")
    asked = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    return (
        _number(usage.get("prompt_tokens", usage.get("input_tokens"))),
        _number(usage.get("completion_tokens", usage.get("output_tokens"))),
        _number(details.get("reasoning_tokens")) if isinstance(details, dict) else 0,
        _number(asked.get("cached_tokens")) if isinstance(asked, dict) else 0,
    )


def _number(value: object) -> int:
    """Servers send null, or nothing, where they did not count."""
    return int(value) if isinstance(value, int | float) and 0 <= value < 2**63 else 0
