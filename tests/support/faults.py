"""What can go wrong between a client and a service, and scripts that say when it does."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TypeAlias
from urllib.parse import urlsplit


class Fault(StrEnum):
    """One way in which a call goes wrong."""

    RESET_ON_ARRIVAL = "reset before the service hears of it"
    RESET_IN_REQUEST = "reset in the middle of the request"
    ANSWER_LOST = "done, and the answer lost"
    ANSWER_CUT = "answer cut, its whole length announced"
    ANSWER_SHORT = "answer cut, its cut length announced"
    CHUNKS_CUT = "answer in chunks, the last ones missing"
    CHUNKS_SHORT = "answer in chunks, cut and properly ended"
    SLOW = "every byte late"
    ERROR_429 = "429 with Retry-After"
    ERROR_500 = "500, nothing done"
    ERROR_502 = "502, though it was done"
    HTML = "200 with a page of HTML, though it was done"
    GARBAGE = "200 with garbage, though it was done"
    STATUS_UNKNOWN = "a status nobody knows"
    FIELDS_ABSENT = "only the fields without which nothing goes"
    FIELDS_NULL = "every other field null"
    ERRORS_AS_TEXT = "errors as one text"
    TIMES_AS_ISO = "times as ISO text"
    HAS_MORE_ABSENT = "one batch a page, and no word on whether there is another page"
    PAGING_ENDLESS = "the first page for every page, and always more"
    LISTING_LATE = "the listing does not show any batch yet"
    FILE_NOT_FOUND = "the validator does not find the input file"
    FILE_GONE = "404, the file is gone"
    KILLED_ON_ARRIVAL = "killed before the service hears of it"
    KILLED_IN_REQUEST = "killed in the middle of the request"
    KILLED_BEFORE_ANSWER = "killed when it was done, before the answer"
    KILLED_IN_ANSWER = "killed in the middle of the answer"


REWRITTEN = frozenset(
    {
        Fault.STATUS_UNKNOWN,
        Fault.FIELDS_ABSENT,
        Fault.FIELDS_NULL,
        Fault.ERRORS_AS_TEXT,
        Fault.TIMES_AS_ISO,
    }
)
"""Faults of batches that the service describes in a way of its own."""
KILLS = frozenset(fault for fault in Fault if fault.name.startswith("KILLED"))
_ANY_CALL = frozenset(
    {
        Fault.RESET_ON_ARRIVAL,
        Fault.ANSWER_LOST,
        Fault.ANSWER_CUT,
        Fault.ANSWER_SHORT,
        Fault.CHUNKS_CUT,
        Fault.CHUNKS_SHORT,
        Fault.SLOW,
        Fault.ERROR_429,
        Fault.ERROR_500,
        Fault.ERROR_502,
        Fault.KILLED_ON_ARRIVAL,
        Fault.KILLED_BEFORE_ANSWER,
        Fault.KILLED_IN_ANSWER,
    }
)
_SENDING = frozenset({Fault.RESET_IN_REQUEST, Fault.KILLED_IN_REQUEST})
_NO_JSON = frozenset({Fault.HTML, Fault.GARBAGE})
POSSIBLE: Mapping[str, frozenset[Fault]] = {
    "upload": _ANY_CALL | _SENDING | _NO_JSON,
    "create": _ANY_CALL | _SENDING | _NO_JSON | REWRITTEN | {Fault.FILE_NOT_FOUND},
    "cancel": _ANY_CALL | _NO_JSON | REWRITTEN,
    "batches": _ANY_CALL | _NO_JSON | REWRITTEN | {Fault.HAS_MORE_ABSENT, Fault.PAGING_ENDLESS},
    "batch": _ANY_CALL | _NO_JSON | REWRITTEN,
    "files": _ANY_CALL | _NO_JSON,
    "file": _ANY_CALL | _NO_JSON | {Fault.FILE_GONE},
    "content": _ANY_CALL | {Fault.FILE_GONE},
}
"""What may happen to a call, by what it asks, and heal by being asked again."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrives."""

    method: str
    target: str

    @property
    def asks(self) -> str:
        """What it wants: a key of `POSSIBLE`."""
        path = urlsplit(self.target).path.removeprefix("/v1")
        match self.method, path.strip("/").split("/"):
            case "POST", ["files"]:
                return "upload"
            case "GET", ["files"]:
                return "files"
            case "GET", ["files", _]:
                return "file"
            case "GET", ["files", _, "content"]:
                return "content"
            case "POST", ["batches"]:
                return "create"
            case "GET", ["batches"]:
                return "batches"
            case "GET", ["batches", _]:
                return "batch"
            case "POST", ["batches", _, "cancel"]:
                return "cancel"
        return "other"


Plan: TypeAlias = Callable[[Call], Fault | None]
"""Which fault befalls a call; None lets it pass."""


class Script:
    """The n-th call of a kind meets the n-th fault of its list; later ones pass."""

    def __init__(self, **faults: Sequence[Fault | None] | Fault) -> None:
        """By what is asked: `create=[Fault.ANSWER_LOST]`; a bare fault is met every time."""
        self._faults = faults
        self._met: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, call: Call) -> Fault | None:
        planned = self._faults.get(call.asks, ())
        if isinstance(planned, Fault):
            return planned
        with self._lock:
            number = self._met[call.asks]
            self._met[call.asks] += 1
        return planned[number] if number < len(planned) else None

    @property
    def over(self) -> bool:
        """Whether every fault of a list has been met."""
        return all(
            isinstance(planned, Fault) or self._met[asks] >= len(planned)
            for asks, planned in self._faults.items()
        )


class HeldUp:
    """Every upload waits at the service's door until `let_in` is set; `arrived` tells of one."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.let_in = threading.Event()

    def __call__(self, call: Call) -> Fault | None:
        if call.asks == "upload":
            self.arrived.set()
            self.let_in.wait(60)
        return None


class Weather:
    """Faults by chance, always the same for the same seed; the sky clears after so many."""

    def __init__(self, seed: int, *, faults: int, kills: int, chance: float = 0.3) -> None:
        self._random = Random(seed)
        self._faults = faults
        self._kills = kills
        self._chance = chance
        self._lock = threading.Lock()

    def __call__(self, call: Call) -> Fault | None:
        possible = sorted(POSSIBLE.get(call.asks, ()))
        with self._lock:
            if not possible or self._random.random() > self._chance:
                return None
            fault = self._random.choice(possible)
            if fault in KILLS:
                self._kills -= 1
                return fault if self._kills >= 0 else None
            self._faults -= 1
            return fault if self._faults >= 0 else None
