"""Filing requests that were sent before: by their lines, or by their answers alone.

Their custom_ids tell section and prompt type where they have the old form; the others
are filed as requests without a section, under their own ids.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wellspring_tui.answers.lines import decode_line
from wellspring_tui.answers.model import Place
from wellspring_tui.prompts.model import NO_SECTION, Request
from wellspring_tui.prompts.old_ids import split_old_ids
from wellspring_tui.prompts.requests_jsonl import read_sent
from wellspring_tui.prompts.tokens import estimate_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wellspring_tui.answers.index import AnswerIndex

_BEFORE = Place("", 0, 0)
"""Where a request stands whose line was never here."""


@dataclass(slots=True)
class FiledInput:
    """What an input file holds."""

    requests: int = 0
    unreadable: int = 0
    """Lines that name no request, or one that another line names."""
    tokens: int = 0
    """Estimated."""
    size_bytes: int = 0
    sha256: str = ""
    endpoint: str = ""
    models: Counter[str] = field(default_factory=Counter)

    @property
    def model(self) -> str:
        """The model that most requests ask for."""
        return next((model for model, _ in self.models.most_common(1)), "")


def read_sent_line(raw: bytes) -> Request | None:
    """A line that was sent, whatever it holds besides a custom_id; None without one."""
    line = raw.removesuffix(b"\n")
    request = read_sent(line)
    if request is not None:
        return request
    told = decode_line(line)
    own_id = told.get("custom_id") if isinstance(told, dict) else None
    if not isinstance(own_id, str) or not own_id:
        return None
    return Request(own_id, "", "", "", "", line, estimate_json(line), None)


def file_input(path: Path, index: AnswerIndex) -> FiledInput:
    """Add the requests of an input file to an index."""
    found = FiledInput()
    places: dict[str, tuple[Place, bytes | None]] = {}
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for raw in file:
            digest.update(raw)
            request = read_sent_line(raw)
            if request is not None and request.custom_id not in places:
                place = Place(path.name, found.size_bytes, len(raw))
                places[request.custom_id] = place, request.schema
                found.models[request.model] += 1
                found.tokens += request.tokens
                found.endpoint = found.endpoint or request.endpoint
            elif not raw.isspace():
                found.unreadable += 1
            found.size_bytes += len(raw)
    found.sha256 = digest.hexdigest()
    found.requests = index.add_requests(
        (*filed, *places[filed[0]]) for filed in _filed(places.keys())
    )
    return found


def file_answers(index: AnswerIndex) -> int:
    """Make requests of the answers of a job whose input file was never here; how many it has.

    Where lines of requests are known, an answer to none of them stays what it is.
    """
    if not index.has_request_lines():
        own_ids = index.ids_without_request()
        index.add_requests((*filed, _BEFORE) for filed in _filed(own_ids))
    return len(index)


def _filed(own_ids: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(custom_id, section, prompt type) of each."""
    listed = list(own_ids)
    split = split_old_ids(listed)
    return ((own_id, *split.get(own_id, (NO_SECTION, own_id))) for own_id in listed)
