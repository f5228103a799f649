"""What people write on their jobs: names, tags and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.jobs import rows
from wellspring_tui.text import one_line, storable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wellspring_tui.jobs.database import Database
    from wellspring_tui.prompts.model import RequestOptions

_LONGEST_TAG = 40


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: trimmed, without a leading #, each once whatever its capitals.

    A text is one tag. Raises InputError for one of more than 40 characters.
    """
    kept: dict[str, str] = {}
    for given in [tags] if isinstance(tags, str) else tags:
        tag = " ".join(storable(given).split()).lstrip("#").strip()
        if len(tag) > _LONGEST_TAG:
            raise InputError(
                f"a tag has at most {_LONGEST_TAG} characters, “{one_line(tag, 50)}” has {len(tag)}"
            )
        if tag:
            kept.setdefault(tag.casefold(), tag)
    return tuple(kept.values())


def clean_name(name: str) -> str:
    """A job's name as it is kept. Raises InputError for none."""
    kept = storable(name).strip()
    if not kept:
        raise InputError("a job needs a name")
    return kept


class Labels:
    """Changes them, and remembers settings."""

    def __init__(self, file: Database) -> None:
        self._file = file

    def edit(
        self,
        job_id: str,
        *,
        name: str | None = None,
        tags: Iterable[str] | None = None,
        notes: str | None = None,
    ) -> None:
        """Change what is given (and not None); empty notes are none. Raises InputError."""
        changes = {
            "id": job_id,
            "name": None if name is None else clean_name(name),
            "tags": None if tags is None else rows.of_tags(clean_tags(tags)),
            "notes": None if notes is None else storable(notes).strip(),
        }
        with self._file.writing() as db:
            db.execute(
                """
                UPDATE jobs SET name = coalesce(:name, name), tags = coalesce(:tags, tags),
                    notes = nullif(coalesce(:notes, notes), '')
                WHERE id = :id
                """,
                changes,
            )
            db.execute(
                """
                UPDATE jobs
                SET words = search_words(id, name, description, model, service, tags, notes)
                WHERE id = :id
                """,
                changes,
            )

    def options_for(self, kind: str) -> RequestOptions | None:
        """What the newest job of a kind of file was submitted with."""
        row = self._file.here.execute(
            """
            SELECT options FROM jobs WHERE kind = :kind AND options IS NOT NULL
            ORDER BY created_at DESC LIMIT 1
            """,
            {"kind": kind},
        ).fetchone()
        return None if row is None else rows.options(row["options"])
