"""A provider that is asked in real time: what it is to be asked, and with which key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.files import CHAT, jsonl, request

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KEY = "sk-nobodys-key-0123456789abcdef"
LINE_COST_USD = "0.00000195"
"""Of five tokens in and two out, by gpt-4o-mini's real-time price; a batch takes half."""


def variables(url: str, key: str = KEY) -> dict[str, str]:
    """What a person sets to use the provider at `url`."""
    return {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": key}


def asking(numbers: Iterable[int], url: str = CHAT, **body: float) -> bytes:
    """Ready-made requests, which the provider knows by their custom_ids."""
    return jsonl(request(f"ask-{n}", url, "gpt-4o-mini", user=f"ask-{n}", **body) for n in numbers)


def files_with(words: str, *folders: Path) -> list[Path]:
    """The files below some folders in which these words stand."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [path for path in files if words.encode() in path.read_bytes()]
