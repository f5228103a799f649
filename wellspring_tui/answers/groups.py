"""Requests of a job summed by section or prompt type, model and part, each sum of one price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from wellspring_tui.answers.model import Usage
from wellspring_tui.answers.money import LONG_PROMPT_TOKENS
from wellspring_tui.answers.records import RANK_ANSWERED

if TYPE_CHECKING:
    import sqlite3

Heading = Literal["section", "prompt_type"]


class Group(msgspec.Struct, frozen=True, gc=False):
    """Requests that have all of these in common, and what they used."""

    name: str
    """The section, or the prompt type."""
    part: int | None
    """The part that answered; None for requests of which no file says anything."""
    request_file: str | None
    """The input file of those; None for the others."""
    model: str
    """The model that answered; "" where nothing tells it."""
    long: bool
    """Whether each prompt is so long that some models take another price."""
    requests: int
    answered: int
    failed: int
    measured: int
    """Those that used tokens."""
    unmeasured: int
    """Those that are answered and do not tell how many tokens they used."""
    usage: Usage


def read_groups(db: sqlite3.Connection, by: Heading) -> list[Group]:
    """All requests of an index in groups, in the order of the prompts file."""
    rows = db.execute(
        f"""
        SELECT n.name, g.* FROM names n JOIN (
            SELECT r.{by} AS heading, a.rank % {RANK_ANSWERED} AS part,
                CASE WHEN a.rank IS NULL THEN f.name END AS request_file,
                coalesce(a.model, '') AS model,
                coalesce(a.input_tokens > {LONG_PROMPT_TOKENS}, 0) AS long,
                count(*), coalesce(sum(a.answered = 1), 0), coalesce(sum(a.answered = 0), 0),
                coalesce(sum(a.total_tokens > 0), 0),
                coalesce(sum(a.answered = 1 AND a.total_tokens = 0), 0),
                coalesce(sum(a.input_tokens), 0), coalesce(sum(a.output_tokens), 0),
                coalesce(sum(a.total_tokens), 0), coalesce(sum(a.cached_tokens), 0),
                coalesce(sum(a.reasoning_tokens), 0), coalesce(sum(a.cache_write_tokens), 0),
                min(r.row) AS first
            FROM requests r JOIN names f ON f.id = r.file
            LEFT JOIN answers a ON a.custom_id = r.custom_id
            GROUP BY heading, part, request_file, model, long
        ) g ON g.heading = n.id ORDER BY g.first
        """
    )
    return [_group(*row) for row in rows]


def _group(
    name: str,
    _heading: int,
    part: int | None,
    request_file: str | None,
    model: str,
    long: int,
    *numbers: int,
) -> Group:
    requests, answered, failed, measured, unmeasured, *usage, _first = numbers
    return Group(
        name,
        part,
        request_file,
        model,
        bool(long),
        requests,
        answered,
        failed,
        measured,
        unmeasured,
        Usage(*usage),
    )
