"""The outline of a job, kept beside its requests."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Place, SectionOutline

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

OUTLINE = [SectionOutline("S", 0, 3), SectionOutline("T", 3, 1), SectionOutline("U", 4, 1)]


def rows(*filed: tuple[str, str]) -> Iterable[tuple[str, str, str, Place]]:
    """Requests (custom_id, section)."""
    return [(own_id, section, "facts", Place("part-001.jsonl", 0, 1)) for own_id, section in filed]


def made(path: Path) -> AnswerIndex:
    """An index whose requests came in two goes."""
    index = AnswerIndex.create(path)
    index.add_requests(rows(("a", "S"), ("b", "T"), ("c", "S")))
    index.add_requests(rows(("d", "U"), ("e", "S")))
    return index


def test_the_outline_tells_where_each_section_stands_in_the_views(tmp_path: Path) -> None:
    with made(tmp_path / "index.sqlite") as index:
        assert index.outline() == OUTLINE
        totals = [(found.name, found.first, found.totals.requests) for found in index.sections()]
        assert totals == [(found.name, found.first, found.count) for found in OUTLINE]


def test_an_index_without_requests_has_no_sections(tmp_path: Path) -> None:
    with AnswerIndex.create(tmp_path / "index.sqlite") as index:
        assert index.outline() == []


def test_an_index_made_before_sections_were_kept_works_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    made(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE sections")
    with AnswerIndex(path) as index:
        assert index.outline() == OUTLINE
        index.add_requests(rows(("f", "U")))
        assert index.outline() == [*OUTLINE[:2], SectionOutline("U", 4, 2)]
