"""Indexing answers: 50,000 lines, 150 MB, against a bare orjson.loads loop."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from tests.bench.measure import Figure, alternate, peak_megabytes, percentile
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Place
from wellspring_tui.answers.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINES = 50_000
_SECTIONS = 500
_TEXT = "## Finding the ground\n\n- **Sunlight**: six hours a day, measured in June.\n" * 34

_FACT = {"what": "Sunlight, over a whole day in June", "figure": 6.5, "unit": "h", "sure": True}
_FACTS = orjson.dumps(
    {"title": "Finding the ground", "notes": None, "facts": [_FACT] * 24}
).decode()
_SCHEMA = orjson.dumps(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["title", "notes", "facts"],
        "properties": {
            "title": {"type": "string"},
            "notes": {"type": ["string", "null"]},
            "facts": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": list(_FACT),
                    "properties": {
                        "what": {"type": "string"},
                        "figure": {"type": "number"},
                        "unit": {"enum": ["m", "h", "kg", "%"]},
                        "sure": {"type": "boolean"},
                    },
                },
            },
        },
    }
)

_ALONE = "import tests.bench.indexing as bench, pathlib"


def figures() -> Iterator[Figure]:
    """Time and memory of indexing, and of finding one answer."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_output(folder)
        megabytes = path.stat().st_size / 1_000_000
        ours, floor = alternate(5, lambda: _index_ms(folder), lambda: _bare_ms(path))
        what = f"indexing: {_LINES:,} answers, {megabytes:.0f} MB"
        yield Figure(what, ours, "ms", floor, "≤ 1.1 × orjson.loads loop", ours <= 1.1 * floor)
        new_index(folder).close()
        ready = f"{_ALONE}\nfolder = pathlib.Path({name!r})\nindex = bench.open_index(folder)"
        memory = peak_megabytes(f"{ready}\nbench.add(index, folder)") - peak_megabytes(ready)
        yield Figure("indexing: memory growth", memory, "MB", goal="≤ 15 MB", met=memory <= 15)
        yield from _checked()
        slowest = percentile(_found_ms(folder), 99)
        goal = "< 1 ms"
        yield Figure(
            "indexing: one answer found and read, p99", slowest, goal=goal, met=slowest < 1
        )


def _checked() -> Iterator[Figure]:
    """The same for answers that were asked to fit a schema, against not looking at that."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_output(folder, _FACTS)
        ours, floor = alternate(5, lambda: _index_ms(folder, _SCHEMA), lambda: _index_ms(folder))
        what = "indexing: the same, each held against a schema"
        yield Figure(what, ours, "ms", floor, "≤ 3 × without", ours <= 3 * floor)
        new_index(folder, _SCHEMA).close()
        ready = f"{_ALONE}\nfolder = pathlib.Path({name!r})\nindex = bench.open_index(folder)"
        memory = peak_megabytes(f"{ready}\nbench.add(index, folder)") - peak_megabytes(ready)
        yield Figure("indexing: memory growth", memory, "MB", goal="≤ 25 MB", met=memory <= 25)


def write_output(folder: Path, text: str = _TEXT) -> Path:
    """An output file as OpenAI writes it, each answer of the same text."""
    path = folder / "part-001.output.jsonl"
    with path.open("wb") as file:
        for number in range(_LINES):
            file.write(orjson.dumps(_line(number, text), option=orjson.OPT_APPEND_NEWLINE))
    return path


def new_index(folder: Path, schema: bytes | None = None) -> AnswerIndex:
    """An index that knows the requests and no answer."""
    path = folder / "index.sqlite"
    path.unlink(missing_ok=True)
    index = AnswerIndex.create(path)
    index.add_requests(
        (
            *(_custom_id(n), f"Section {n % _SECTIONS}", "facts"),
            *(Place("part-001.jsonl", n * 700, 700), schema),
        )
        for n in range(_LINES)
    )
    return index


def open_index(folder: Path) -> AnswerIndex:
    """The index that `new_index` made."""
    return AnswerIndex(folder / "index.sqlite")


def add(index: AnswerIndex, folder: Path) -> None:
    """Index the output file."""
    index.add_file(folder / "part-001.output.jsonl", 1, lambda _done, _total: None)


def _index_ms(folder: Path, schema: bytes | None = None) -> float:
    with new_index(folder, schema) as index:
        started = time.perf_counter()
        add(index, folder)
        return (time.perf_counter() - started) * 1_000


def _bare_ms(path: Path) -> float:
    started = time.perf_counter()
    with path.open("rb") as file:
        for line in file:
            orjson.loads(line)
    return (time.perf_counter() - started) * 1_000


def _found_ms(folder: Path) -> list[float]:
    times = []
    with open_index(folder) as index:
        results = Results(index, folder, folder)
        for number in range(0, _LINES, 50):
            started = time.perf_counter()
            answer = index.answer(_custom_id((number * 7_919) % _LINES))
            assert answer is not None
            results.response_line(answer)
            times.append((time.perf_counter() - started) * 1_000)
    return times


def _custom_id(number: int) -> str:
    return f"section-{number % _SECTIONS}.facts.{number:05d}"


def _line(number: int, text: str) -> dict[str, object]:
    return {
        "id": f"batch_req_{number:032x}",
        "custom_id": _custom_id(number),
        "response": {
            "status_code": 200,
            "request_id": f"{number:032x}",
            "body": {
                "id": f"chatcmpl-{number:029x}",
                "object": "chat.completion",
                "created": 1_748_305_615,
                "model": "gpt-4o-mini-2024-07-18",
                "choices": [
                    {
                        "index": 0,
                        "message": {
                            "role": "assistant",
                            "content": text,
                            "refusal": None,
                            "annotations": [],
                        },
                        "logprobs": None,
                        "finish_reason": "stop",
                    }
                ],
                "usage": {
                    "prompt_tokens": 223,
                    "completion_tokens": 703,
                    "total_tokens": 926,
                    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
                },
                "service_tier": "default",
                "system_fingerprint": "fp_34a54ae93c",
            },
        },
        "error": None,
    }
