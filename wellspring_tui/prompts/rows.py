"""Rows of a table: a template makes a prompt of each.

The columns `section` and `type` tell where its answer is filed, and `custom_id` its id,
where they are there and not empty. The others are filed under one section, each under the
number of its row. A row's own columns go with its request.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError, PromptsFileError
from wellspring_tui.prompts.building import RequestBuilder, custom_id
from wellspring_tui.prompts.model import Blank, FileKind, Problem, Request, RequestOptions
from wellspring_tui.prompts.tables import Row, encode, text_of_cell
from wellspring_tui.prompts.template import read_template, refuse_unfit
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.prompts.model import PromptsFile
    from wellspring_tui.prompts.tables import Table
    from wellspring_tui.prompts.template import Template

SECTION = "Rows"
"""The section of rows that name none."""


@dataclass(frozen=True, slots=True)
class RowsFile:
    """A table of rows."""

    table: Table

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.table.path

    @property
    def kind(self) -> FileKind:
        """What it was recognised as."""
        return FileKind.ROWS

    @property
    def columns(self) -> tuple[str, ...]:
        """The names that a template may ask for."""
        return self.table.columns

    def read(self, options: RequestOptions) -> Iterator[Request | Problem | Blank]:
        """One request a row, in the file's order; none without a template.

        Raises PromptsFileError when the template asks for a column that is not there.
        """
        if options.template is None:
            return
        try:
            template = refuse_unfit(options.template, self.columns)
        except InputError as error:
            where = one_line(str(self.path))
            what = f"{error.where}: {error.what}"
            raise PromptsFileError(what, where=where, todo=error.todo) from None
        maker = _Maker(template, RequestBuilder(options))
        for row in self.table.rows():
            yield maker.made(row) if isinstance(row, Row) else row


def fitting(options: RequestOptions, file: PromptsFile) -> RequestOptions:
    """Options that were meant for another file like this one: its template may not fit."""
    if options.template is None:
        return options
    columns = file.columns if isinstance(file, RowsFile) else ()
    fits = read_template(options.template).lacking(columns) is None
    return options if fits else replace(options, template=None)


@dataclass(slots=True)
class _Maker:
    """Makes requests of rows, one after the other."""

    template: Template
    builder: RequestBuilder
    number: int = 0
    ids: dict[str, int] = field(default_factory=dict)
    """The line of each id that a table brings."""

    def made(self, row: Row) -> Request | Problem | Blank:
        """What becomes of a row."""
        self.number += 1
        cells = row.cells
        lacking = self.template.lacking(cells)  # objects need not have the same keys
        if lacking is not None:
            return Problem(f"the row has no “{one_line(lacking, 40)}”", line=row.line)
        asked = {name: text_of_cell(cells[name]) for name in self.template.columns}
        text = self.template.fill(asked)
        if not text:
            return Blank()
        section, prompt_type, own_id = (
            text_of_cell(cells.get(name)).strip() for name in ("section", "type", "custom_id")
        )
        if "custom_id" in cells:
            own_id = own_id or custom_id(section, prompt_type or "row", self.number)
            if (first := self.ids.setdefault(own_id, row.line)) != row.line:
                return Problem(
                    f"the custom_id “{one_line(own_id, 40)}” is already on line {first}",
                    line=row.line,
                )
        return self.builder.build(
            section or SECTION,
            prompt_type or f"row {self.number}",
            text,
            self.number,
            own_id=own_id or custom_id(section, prompt_type or "row", self.number),
            row=encode(cells),
        )
