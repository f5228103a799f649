"""Rows of a table: a template makes a prompt of each.

The columns `section` and `type` tell where its answer is filed, `custom_id` is its id and
`image` the picture beside the prompt, where they are there and not empty. The others are
filed under one section, each under the number of its row. A row's own columns go with its
request.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError, PromptsFileError
from wellspring_tui.prompts.asking import Pictured, misfit
from wellspring_tui.prompts.building import RequestBuilder, custom_id
from wellspring_tui.prompts.images import beside, images_of
from wellspring_tui.prompts.model import Blank, FileKind, Problem, Request, RequestOptions
from wellspring_tui.prompts.tables import Row, encode, text_of_cell
from wellspring_tui.prompts.template import read_template, refuse_unfit
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.prompts.asking import Asked
    from wellspring_tui.prompts.images import ImageOpener
    from wellspring_tui.prompts.model import PromptsFile
    from wellspring_tui.prompts.tables import Table
    from wellspring_tui.prompts.template import Template

_OF_IMAGES = frozenset(("image", "images"))

SECTION = "Rows"
"""The section of rows that name none."""


@dataclass(frozen=True, slots=True)
class RowsFile:
    """A table of rows."""

    table: Table
    open_image: ImageOpener | None = None
    """None opens images wherever this user may read."""

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
        open_image = self.open_image or beside(self.path.parent)
        maker = _Maker(template, options, RequestBuilder(options), open_image)
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
    options: RequestOptions
    builder: RequestBuilder
    open_image: ImageOpener
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
        filling = {name: text_of_cell(cells[name]) for name in self.template.columns}
        text = self.template.fill(filling)
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
        asked = self._asked(text, row)
        if isinstance(asked, Problem):
            return asked
        return self.builder.ask(
            own_id or custom_id(section, prompt_type or "row", self.number),
            section or SECTION,
            prompt_type or f"row {self.number}",
            asked,
            row=encode(cells),
        )

    def _asked(self, text: str, row: Row) -> Asked | Problem:
        """The prompt with the row's images, unless the template writes them into the text."""
        if not _OF_IMAGES.isdisjoint(self.template.columns):
            return text
        images = images_of(row.cells, "", self.open_image)
        if isinstance(images, Problem):
            return replace(images, line=row.line)
        asked = Pictured(text, images) if images else text
        unfit = misfit(asked, self.options.endpoint, "image")
        return asked if unfit is None else replace(unfit, line=row.line)
