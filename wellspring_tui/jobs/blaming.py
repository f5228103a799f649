"""Which prompt a service's complaint about a line belongs to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.services.model import BatchProblem


class _Line(msgspec.Struct):
    custom_id: str


def with_prompts(
    problems: Iterable[BatchProblem], input_file: Path, index: AnswerIndex
) -> list[BatchProblem]:
    """The problems of a part; those with a line know their prompt, where the file tells it."""
    listed = list(problems)
    wanted = {problem.line for problem in listed if problem.line is not None}
    if not wanted or not input_file.is_file():
        return listed
    prompts: dict[int | None, str] = {}
    with input_file.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if number in wanted and (prompt := _prompt(raw, index)) is not None:
                prompts[number] = prompt
    return [replace(problem, prompt=prompts.get(problem.line)) for problem in listed]


def _prompt(raw: bytes, index: AnswerIndex) -> str | None:
    try:
        answer = index.answer(msgspec.json.decode(raw, type=_Line).custom_id)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # the very line that the service complains of may be no JSON
    return f"{answer.section} › {answer.prompt_type}" if answer else None
