"""Files of plain prompts, and what is read out of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wellspring_tui.prompts.model import Blank, FileKind, Problem, Request, RequestOptions
from wellspring_tui.prompts.opening import open_prompts

if TYPE_CHECKING:
    from pathlib import Path


def written(tmp_path: Path, content: object) -> Path:
    """A prompts file with this JSON in it, or with these bytes."""
    path = tmp_path / "prompts.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def read(tmp_path: Path, content: object, **options: Any) -> list[Request]:
    """The requests of a file in which all is well."""
    file = open_prompts(written(tmp_path, content))
    assert file.kind is FileKind.PLAIN_PROMPTS
    items = [item for item in file.read(RequestOptions(**options)) if not isinstance(item, Blank)]
    assert all(isinstance(item, Request) for item in items), items
    return [item for item in items if isinstance(item, Request)]


def problems(tmp_path: Path, content: object, **options: Any) -> list[str]:
    """What is wrong with a file, in its sentences."""
    items = open_prompts(written(tmp_path, content)).read(RequestOptions(**options))
    return [str(item) for item in items if isinstance(item, Problem)]


def bodies(requests: list[Request]) -> list[dict[str, Any]]:
    """What the lines ask, decoded."""
    return [json.loads(request.line)["body"] for request in requests]


def named(requests: list[Request]) -> list[tuple[str, str, str]]:
    """custom_id, section and prompt type of each."""
    return [(item.custom_id, item.section, item.prompt_type) for item in requests]
