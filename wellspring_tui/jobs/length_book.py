"""The ledger's page of lengths: how long the answers of each model were."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wellspring_tui.answers.lengths import Lengths
    from wellspring_tui.jobs.database import Database

_KEPT_TYPES = 40
_FEWEST_OF_TYPE = 2
"""A prompt type of one answer is hardly a type: in ready-made requests each has its own."""
_LAST_JOBS = 200
"""So many jobs of a model are its history; before that it may have been asked other things."""

EVERY_TYPE = ""
"""The prompt type of answers that are not kept apart."""


class Step(NamedTuple):
    """Answers that are about as long as each other."""

    answers: int
    output_tokens: int


class LengthBook:
    """Reads it."""

    def __init__(self, file: Database) -> None:
        self._file = file

    def of(
        self, model: str, prompt_types: Sequence[str], *, among: Collection[str], outside: bool
    ) -> Mapping[str, Sequence[Step]]:
        """How long a model's answers were, from the shortest on, by those prompt types.

        All others are under `EVERY_TYPE`. What the built-in service makes up tells nothing
        of a real model, and the other way round: it goes by the services `among`, or with
        `outside` by all others.
        """
        rows = self._file.here.execute(
            """
            SELECT iif(prompt_type IN (SELECT value FROM json_each(:types)), prompt_type, '')
                AS kind, sum(answers), sum(output_tokens)
            FROM lengths WHERE model = :model AND job_id IN (
                SELECT id FROM jobs
                WHERE (service IN (SELECT value FROM json_each(:among))) != :outside AND EXISTS (
                    SELECT 1 FROM lengths own WHERE own.model = :model AND own.job_id = jobs.id
                ) ORDER BY created_at DESC LIMIT :most
            )
            GROUP BY kind, about ORDER BY about
            """,
            {
                "model": model,
                "types": msgspec.json.encode(list(prompt_types)).decode(),
                "among": msgspec.json.encode(list(among)).decode(),
                "outside": outside,
                "most": _LAST_JOBS,
            },
        )
        found: dict[str, list[Step]] = {}
        for kind, *numbers in rows:
            found.setdefault(kind, []).append(Step(*numbers))
        return found


def write_lengths(db: sqlite3.Connection, job_id: str, lengths: Iterable[Lengths]) -> None:
    """Note how long a job's answers were, in the transaction that is under way."""
    listed = list(lengths)
    answers: Counter[str] = Counter()
    for one in listed:
        answers[one.prompt_type] += one.answers
    kept = {name for name, count in answers.most_common(_KEPT_TYPES) if count >= _FEWEST_OF_TYPE}
    asked = dict(
        db.execute("SELECT number, model FROM parts WHERE job_id = :id", {"id": job_id}).fetchall()
    )
    db.execute("DELETE FROM lengths WHERE job_id = :id", {"id": job_id})
    db.executemany(
        """
        INSERT INTO lengths VALUES (:model, :job_id, :prompt_type, :about, :answers, :tokens)
        ON CONFLICT DO UPDATE SET answers = answers + excluded.answers,
            output_tokens = output_tokens + excluded.output_tokens
        """,
        [
            {
                "model": asked[one.part],
                "job_id": job_id,
                "prompt_type": one.prompt_type if one.prompt_type in kept else EVERY_TYPE,
                "about": one.about,
                "answers": one.answers,
                "tokens": one.output_tokens,
            }
            for one in listed
            if one.part in asked
        ],
    )
