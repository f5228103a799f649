"""How long the answers of a job are: counted by about how many output tokens they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.answers.records import RANK_ANSWERED

if TYPE_CHECKING:
    import sqlite3


class Lengths(msgspec.Struct, frozen=True, gc=False):
    """Answers of one prompt type and part that are about as long as each other."""

    prompt_type: str
    part: int
    about: int
    """Output tokens of one of them, rounded down."""
    answers: int
    output_tokens: int
    """Of all of them, exactly."""


def read_lengths(db: sqlite3.Connection) -> list[Lengths]:
    """All answers of an index that tell their tokens, in groups."""
    rows = db.execute(
        f"""
        SELECT n.name, g.part, g.about, g.answers, g.tokens FROM (
            SELECT r.prompt_type AS kind, a.rank % {RANK_ANSWERED} AS part, CASE
                    WHEN a.output_tokens < 100 THEN a.output_tokens / 10 * 10
                    WHEN a.output_tokens < 1000 THEN a.output_tokens / 50 * 50
                    WHEN a.output_tokens < 10000 THEN a.output_tokens / 500 * 500
                    ELSE a.output_tokens / 5000 * 5000 END AS about,
                count(*) AS answers, sum(a.output_tokens) AS tokens
            FROM answers a JOIN requests r ON r.custom_id = a.custom_id
            WHERE a.answered = 1 AND a.total_tokens > 0
            GROUP BY kind, part, about
        ) g JOIN names n ON n.id = g.kind
        """
    )
    return [Lengths(*row) for row in rows]
