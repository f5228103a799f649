"""A template: one prompt for many rows, with the names of columns in braces.

    Summarise for a planner: {text}

`{{` and `}}` stand for braces that are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

_BRACES = re.compile(r"\{\{|\}\}|\{(?P<column>[^{}]*)\}|[{}]")
_AROUND = 12
"""So many characters beside a lone brace show which one it is."""
_LISTED_COLUMNS = 20


@dataclass(frozen=True, slots=True)
class Template:
    """A template that has been read."""

    columns: tuple[str, ...]
    """The columns it asks for, as often as it does."""
    texts: tuple[str, ...]
    """What stands before, between and after them: one more."""

    def fill(self, cells: Mapping[str, str]) -> str:
        """The prompt of one row, "" when the row has nothing in any column asked for."""
        asked = [cells[column] for column in self.columns]
        if not any(cell.strip() for cell in asked):
            return ""
        first, *others = self.texts
        filled = [first]
        for cell, text in zip(asked, others, strict=True):
            filled += (cell, text)
        return "".join(filled).strip()

    def lacking(self, columns: Collection[str]) -> str | None:
        """The first column it asks for that is not among these."""
        return next((name for name in self.columns if name not in columns), None)


def read_template(text: str) -> Template:
    """The template in `text`. Raises InputError for one that no row could fill."""
    columns: list[str] = []
    texts = [""]
    end = 0
    for found in _BRACES.finditer(text):
        texts[-1] += text[end : found.start()]
        end = found.end()
        if found[0] in ("{{", "}}"):
            texts[-1] += found[0][0]
            continue
        if found["column"] is None:
            raise _wrong(f"the brace in “{_near(text, found.start())}” stands alone")
        if not (name := found["column"].strip()):
            raise _wrong("the braces “{}” name no column")
        columns.append(name)
        texts.append("")
    texts[-1] += text[end:]
    if not columns:
        raise _wrong("it names no column in braces, so every row would make the same prompt")
    return Template(tuple(columns), tuple(texts))


def refuse_unfit(text: str | None, columns: Sequence[str]) -> Template:
    """The template in `text` for a table with these columns. Raises InputError."""
    if text is None:
        raise InputError("a table needs one", where="template")
    template = read_template(text)
    lacking = template.lacking(columns)
    if lacking is not None:
        raise InputError(
            f"there is no column “{one_line(lacking, 40)}”",
            where="template",
            todo=f"There are {listed(columns)}.",
        )
    return template


def listed(columns: Iterable[str]) -> str:
    """`id, text and place`; of very many the first."""
    names = [one_line(name, 40) for name in columns]
    if len(names) > _LISTED_COLUMNS:
        return f"{', '.join(names[:_LISTED_COLUMNS])} and {len(names) - _LISTED_COLUMNS:,} more"
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _near(text: str, at: int) -> str:
    return one_line(text[max(0, at - _AROUND) : at + _AROUND])


def _wrong(what: str) -> InputError:
    todo = "Write a column as {name}, and braces that are text as {{ and }}."
    return InputError(what, where="template", todo=todo)
