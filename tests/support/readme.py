"""The README taken apart: its blocks of code, and the commands within its sentences."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

README = Path(__file__).parents[2] / "README.md"
_FENCED = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"`(?:uv run )?(wellspring(?: [^`]*)?)`")
_FLAG = re.compile(r"`(--[a-z-]+)[^`]*`")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code."""

    line: int
    """Where it begins in the README."""
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.language or 'plain'}-line-{self.line}"


def blocks(text: str) -> Iterator[Block]:
    """Every fenced block, those within lists too."""
    for found in _FENCED.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(line, found[2], textwrap.dedent(found[3]))


def console_lines(block: Block) -> list[str]:
    """The lines of a block as a person would type them, one command after the other."""
    joined = block.text.replace("\\\n", " ")
    return [line for line in joined.split("\n") if line.strip() and not line.startswith("#")]


def commands_in_sentences(text: str) -> list[str]:
    """What stands in the sentences as `wellspring …`."""
    return [found[1].replace("\n", " ") for found in _COMMAND.finditer(_FENCED.sub("", text))]


def flags_in_sentences(text: str) -> list[str]:
    """What stands in the sentences as `--flag`."""
    return [found[1] for found in _FLAG.finditer(_FENCED.sub("", text))]
