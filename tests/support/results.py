"""The results of a job whose files lie in one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.files import encoded, jsonl, request
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Place
from wellspring_tui.answers.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal
    from pathlib import Path

    from wellspring_tui.answers.model import Answer

OUTPUT = "part-001.output.jsonl"


def unknown(_answer: Answer) -> Decimal | None:
    """What nobody knows the price of."""
    return None


def results_in(
    folder: Path,
    filed: Mapping[str, tuple[str, str]],
    *lines: object,
    sent: Mapping[str, str] | None = None,
    cost_of: Callable[[Answer], Decimal | None] = unknown,
) -> Results:
    """Results of requests, {custom_id: (section, prompt type)}, and of these output lines.

    `sent` are the prompts that differ from the usual one. To be closed by its index.
    """
    folder.mkdir(exist_ok=True)
    asked = {own_id: _asked(own_id, (sent or {}).get(own_id)) for own_id in filed}
    (folder / "part-001.jsonl").write_bytes(jsonl(asked.values()))
    index = AnswerIndex.create(folder / "index.sqlite")
    places, offset = {}, 0
    for own_id, line in asked.items():
        places[own_id] = Place("part-001.jsonl", offset, len(line) + 1)
        offset += len(line) + 1
    index.add_requests((own_id, *names, places[own_id]) for own_id, names in filed.items())
    results = Results(index, folder, folder, cost_of)
    if lines:
        answered(results, encoded(*lines))
    return results


def answered(results: Results, content: bytes, name: str = OUTPUT, part: int = 1) -> None:
    """An output file of these bytes, indexed."""
    path = results.outputs / name
    path.write_bytes(content)
    results.index.add_file(path, part, lambda _done, _total: None)


def _asked(own_id: str, prompt: str | None) -> bytes:
    if prompt is None:
        return request(own_id)
    return request(own_id, messages=[{"role": "user", "content": prompt}])
