"""What can go wrong with a batch, made to happen on purpose.

For people who test their own programs: a batch says in its metadata what is to happen to
it, `{"scenario": "fail:3:500,stall:60"}`; `--scenario` says it for batches that don't. With
a model server behind it only `--scenario` counts: there metadata is real and may hold a
`scenario` of somebody's own. The rules, with commas between them, stand in `scenarios.txt`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.local.answerer import Answer
from wellspring_tui.local.wire import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wellspring_tui.local.wire import JsonObject

TABLE = Path(__file__).with_name("scenarios.txt").read_text(encoding="utf-8")
"""The rules, one a line, as people read them in the help."""

METADATA_KEY = "scenario"
_LONGEST_SECONDS = 86_400.0
_STATES = frozenset({"validating", "in_progress", "finalizing", "cancelling"})

_MESSAGES = {
    400: ("invalid_request_error", "This request was refused, as the scenario says."),
    401: ("invalid_request_error", "Incorrect API key provided, as the scenario says."),
    404: ("invalid_request_error", "The model does not exist, as the scenario says."),
    429: ("requests", "Rate limit reached, as the scenario says."),
}
_TEXTS = frozenset({"content", "text"})
_SEPARATORS = "\u2028\u2029\x85\x0b\x0c"
_SERVER_ERROR = (
    "server_error",
    "The server had an error while processing your request, as the scenario says.",
)


class ScenarioError(ValueError):
    """What was given is no scenario; the sentence names the first rule that is none."""


@dataclass(frozen=True, slots=True)
class _Lines:
    first: int
    last: int | None

    def __contains__(self, number: int) -> bool:
        return self.first <= number and (self.last is None or number <= self.last)


@dataclass(slots=True)
class Scenario:
    """What is to happen to one batch."""

    stall_seconds: dict[str, float] = field(default_factory=dict)
    """By the state in which nothing moves."""
    slow_seconds: float | None = None
    expires: bool = False
    queue_full_times: float = 0
    """How many batches of the same input file find no room; infinity for all."""
    lost_input_times: float = 0
    lost_results: set[str] = field(default_factory=set)
    """Of "output" and "error"."""
    refused_downloads: float = 0
    """How many times its result files are not given out."""
    refuses_cancel: bool = False
    shown_status: str | None = None
    """What stands there while it is in progress."""
    has_separators: bool = False
    """Whether its answers hold characters that only some take for the end of a line."""
    _failures: list[tuple[_Lines, int]] = field(default_factory=list)
    _omitted: list[_Lines] = field(default_factory=list)

    @property
    def has_turning_point(self) -> bool:
        """Whether something happens when half of the lines are answered."""
        return self.expires or "in_progress" in self.stall_seconds

    def stalls(self, state: str) -> float:
        """How many seconds nothing moves in a state."""
        return self.stall_seconds.get(state, 0.0)

    def omits(self, number: int) -> bool:
        """Whether a line is in no result file."""
        return any(number in lines for lines in self._omitted)

    def answer(self, number: int) -> Answer | None:
        """What a line is answered with; None leaves it to the answerer."""
        status = next((status for lines, status in self._failures if number in lines), None)
        if status is None:
            return None
        kind, message = _MESSAGES.get(status, _SERVER_ERROR)
        return Answer(status, ApiError(status, message, kind=kind, code="scenario").body)

    def dressed(self, answer: Answer) -> Answer:
        """What the answerer gave, as it is to stand in the results."""
        if not self.has_separators or not isinstance(answer.body, dict):
            return answer
        return Answer(answer.status_code, _separated(answer.body))


def _separated(value: JsonObject) -> JsonObject:
    return {
        key: one + _SEPARATORS if key in _TEXTS and isinstance(one, str) else _inside(one)
        for key, one in value.items()
    }


def _inside(value: object) -> object:
    if isinstance(value, dict):
        return _separated(value)
    return [_inside(one) for one in value] if isinstance(value, list) else value


def parse(text: str) -> Scenario:
    """Read rules with commas between them. Raises ScenarioError."""
    scenario = Scenario()
    for rule in text.split(","):
        name, *values = rule.strip().split(":")
        try:
            _RULES[name](scenario, *values)
        except (KeyError, TypeError, ValueError):
            raise ScenarioError(f"Invalid scenario: '{rule.strip()}' is no rule.") from None
    return scenario


def check(metadata: dict[str, str] | None) -> None:
    """Raise the ApiError that refuses a batch with a scenario that is none."""
    text = (metadata or {}).get(METADATA_KEY)
    if text is None:
        return
    try:
        parse(text)
    except ScenarioError as error:
        raise ApiError(
            400,
            f"{error} The rules are:\n{TABLE}",
            param=f"metadata.{METADATA_KEY}",
            code="invalid_value",
        ) from None


def of_batch(metadata: str | None, default: str | None) -> Scenario:
    """The scenario of a batch that was created with this metadata, JSON text."""
    given = msgspec.json.decode(metadata) if metadata else {}
    text = given.get(METADATA_KEY, default)
    if text is None:
        return Scenario()
    try:
        return parse(text)
    except ScenarioError:  # created when a model server made metadata real
        return Scenario()


def _fail(scenario: Scenario, lines: str, status: str) -> None:
    if not re.fullmatch(r"[45]\d\d", status, re.ASCII):
        raise ValueError(status)
    scenario._failures.append((_lines(lines), int(status)))


def _omit(scenario: Scenario, lines: str) -> None:
    scenario._omitted.append(_lines(lines))


def _stall(scenario: Scenario, seconds: str, state: str = "in_progress") -> None:
    if state not in _STATES:
        raise ValueError(state)
    scenario.stall_seconds[state] = _seconds(seconds)


def _slow(scenario: Scenario, seconds: str) -> None:
    scenario.slow_seconds = _seconds(seconds)


def _expire(scenario: Scenario) -> None:
    scenario.expires = True


def _queue_full(scenario: Scenario, times: str | None = None) -> None:
    scenario.queue_full_times = _times(times)


def _lose(scenario: Scenario, what: str, times: str | None = None) -> None:
    if what == "input":
        scenario.lost_input_times = _times(times)
    elif what in ("output", "error") and times is None:
        scenario.lost_results.add(what)
    else:
        raise ValueError(what)


def _refuse(scenario: Scenario, what: str, times: str | None = None) -> None:
    if what == "content":
        scenario.refused_downloads = _times(times)
    elif what == "cancel" and times is None:
        scenario.refuses_cancel = True
    else:
        raise ValueError(what)


def _status(scenario: Scenario, word: str) -> None:
    if not re.fullmatch(r"\w{1,40}", word):
        raise ValueError(word)
    scenario.shown_status = word


def _separators(scenario: Scenario) -> None:
    scenario.has_separators = True


_RULES: dict[str, Callable[..., None]] = {
    "fail": _fail,
    "omit": _omit,
    "stall": _stall,
    "slow": _slow,
    "expire": _expire,
    "queue-full": _queue_full,
    "lose": _lose,
    "refuse": _refuse,
    "status": _status,
    "separators": _separators,
}


def _lines(text: str) -> _Lines:
    if text == "all":
        return _Lines(1, None)
    first, _, last = text.partition("-")
    lines = _Lines(_whole(first), _whole(last) if last else _whole(first))
    if text.endswith("-") or lines.first > (lines.last or 0):
        raise ValueError(text)
    return lines


def _whole(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII):
        raise ValueError(text)
    return int(text)


def _times(text: str | None) -> float:
    return float("inf") if text is None else _whole(text)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        raise ValueError(text)
    seconds = float(text)
    if seconds > _LONGEST_SECONDS:
        raise ValueError(text)
    return seconds
