"""Which request has which answer, and where its bytes are.

One SQLite file a job. It holds ids, states, tokens and byte offsets, never the
texts: fifty thousand answers stay where the service's own files have them.
Everything in it but the sections can be made again from those files.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from wellspring_tui.answers import checking, lookups, own_rows, records, sections
from wellspring_tui.answers.failure_kinds import FailureKind, count_kinds
from wellspring_tui.answers.flags import Flags
from wellspring_tui.answers.groups import read_groups
from wellspring_tui.answers.index_schema import SCHEMA, SINCE_VERSION, VERSION
from wellspring_tui.answers.lengths import read_lengths
from wellspring_tui.answers.lines import read_outcome
from wellspring_tui.answers.model import Kind, SectionTotals, Totals, Usage
from wellspring_tui.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from wellspring_tui.answers.groups import Group, Heading
    from wellspring_tui.answers.lengths import Lengths
    from wellspring_tui.answers.model import Answer, Place, RequestRow, SectionOutline

_ADD_ANSWER = """
INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (custom_id) DO UPDATE SET
    rank = excluded.rank, answered = excluded.answered,
    file = excluded.file, offset = excluded.offset, length = excluded.length,
    status_code = excluded.status_code, finish = excluded.finish, model = excluded.model,
    reason = excluded.reason, input_tokens = excluded.input_tokens,
    output_tokens = excluded.output_tokens, total_tokens = excluded.total_tokens,
    cached_tokens = excluded.cached_tokens, reasoning_tokens = excluded.reasoning_tokens,
    cache_write_tokens = excluded.cache_write_tokens, off_schema = excluded.off_schema
WHERE excluded.rank > answers.rank
"""
_SUMS = """
    count(*), coalesce(sum(a.answered = 1), 0), coalesce(sum(a.answered = 0), 0),
    coalesce(sum(a.finish = 'length'), 0),
    coalesce(sum(a.finish IN ('refusal', 'content_filter')), 0), count(a.off_schema),
    coalesce(sum(a.input_tokens), 0), coalesce(sum(a.output_tokens), 0),
    coalesce(sum(a.total_tokens), 0), coalesce(sum(a.cached_tokens), 0),
    coalesce(sum(a.reasoning_tokens), 0), coalesce(sum(a.cache_write_tokens), 0)
FROM requests r LEFT JOIN answers a ON a.custom_id = r.custom_id
"""

_HEARTBEAT_LINES = 2_000
_READ_BYTES = 1024 * 1024
_CACHE_KIBIBYTES = 8 * 1024
"""Holds the index of 50,000 answers while it is filled; SQLite's 2 MB spill to disk."""


class AnswerIndex:
    """The requests of one job and what is known of their answers."""

    def __init__(self, path: Path) -> None:
        """Open the index at `path`. Raises StorageError when it is not there."""
        if not path.is_file():
            raise StorageError("the index of this job's answers is gone", where=str(path))
        self.path = path
        # The dashboard reads from threads of its pool, one after the other.
        self._db = sqlite3.connect(path, timeout=30, check_same_thread=False)
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        self._flags = Flags(self._db)
        self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version not in SINCE_VERSION:
            return
        with self._writing():
            # Another process may have done it while this one waited for its turn.
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            while version in SINCE_VERSION:
                for statement in SINCE_VERSION[version]:
                    self._db.execute(statement)
                version += 1
            self._db.execute(f"PRAGMA user_version = {version}")

    @classmethod
    def create(cls, path: Path) -> AnswerIndex:
        """A new, empty index."""
        path.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as db:
            db.executescript(f"BEGIN;{SCHEMA}COMMIT;")
            db.execute(f"PRAGMA user_version = {VERSION}")
        return cls(path)

    def reader(self) -> AnswerIndex:
        """The same index through a connection of its own, for a thread; close it after use.

        What takes long, such as `totals`, else holds up whoever reads here meanwhile.
        """
        return AnswerIndex(self.path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> AnswerIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- filling ---------------------------------------------------------------

    def add_requests(self, rows: Iterable[RequestRow]) -> int:
        """Add requests of a job, (custom_id, section, prompt type, place), in file order.

        A fifth value is the JSON Schema by which its answer is asked for, if it is.

        All in one transaction, after those that are there. Returns how many there are then.
        """
        with self._writing():
            names, schemas = _Names(self._db), checking.Schemas(self._db)
            (first,) = self._db.execute(
                "SELECT coalesce(max(number) + 1, 0) FROM requests"
            ).fetchone()
            self._db.execute("DROP INDEX IF EXISTS request_rows")
            self._db.executemany(
                "INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        *(number, number, own_id, names[section], names[kind]),
                        *(names[place.file], place.offset, place.length),
                        schemas.id_of(schema[0]) if schema else None,
                    )
                    for number, (own_id, section, kind, place, *schema) in enumerate(rows, first)
                ),
            )
            self._gather_sections()
            sections.keep(self._db)
            self._db.execute("CREATE UNIQUE INDEX request_rows ON requests (row)")
            (count,) = self._db.execute("SELECT count(*) FROM requests").fetchone()
        return int(count)

    def add_rows(self, path: Path) -> None:
        """Note where in a file stand the own columns of each request, which a table's row made."""
        with self._writing():
            own_rows.keep(self._db, path)

    def _gather_sections(self) -> None:
        """Two prompt sets may carry one section: their prompts stand together in the views."""
        self._db.execute(
            """
            UPDATE requests SET row = sorted.row FROM (
                SELECT number, row_number() OVER (ORDER BY first, number) - 1 AS row FROM (
                    SELECT number, min(number) OVER (PARTITION BY section) AS first FROM requests
                )
            ) AS sorted
            WHERE sorted.number = requests.number AND sorted.row <> requests.row
            """
        )

    def add_file(
        self, path: Path, part: int, heartbeat: Callable[[int, int | None], None]
    ) -> tuple[int, int]:
        """Index an output or error file of a part; (lines, lines that could not be read).

        Again for the same file changes nothing. The newest answer of a request counts. What
        was asked to fit a schema is held against it.
        """
        lines = unreadable = 0
        size_bytes = path.stat().st_size

        def rows() -> Iterator[tuple[object, ...]]:
            nonlocal lines, unreadable
            file_id, checks = _Names(self._db)[path.name], checking.Checks(self._db)
            check = checks.off_schema if checks.any else None
            with path.open("rb", buffering=_READ_BYTES) as file:
                offset = 0
                for raw in file:
                    length = len(raw)
                    if not raw.isspace():
                        lines += 1
                        outcome = read_outcome(raw)
                        if outcome is None:
                            unreadable += 1
                        else:
                            off = None if check is None else check(outcome, raw)
                            place = file_id, offset, length
                            yield records.of_outcome(outcome, part, place, off)
                    offset += length
                    if lines % _HEARTBEAT_LINES == 0:
                        heartbeat(offset, size_bytes)

        with self._writing():
            self._db.executemany(_ADD_ANSWER, rows())
        return lines, unreadable

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield
        except sqlite3.OperationalError as error:
            raise StorageError(
                f"the index can't be written ({error})", where=str(self.path)
            ) from None

    # -- reading ---------------------------------------------------------------

    def __len__(self) -> int:
        """How many requests the job has."""
        return int(self._db.execute("SELECT count(*) FROM requests").fetchone()[0])

    def outline(self) -> list[SectionOutline]:
        """The sections in the order of the prompts file, at once however large the job is."""
        return sections.outline(self._db)

    def totals(self) -> Totals:
        """Outcomes and tokens of the whole job; of a large one, work for a thread's `reader`."""
        return _totals(self._db.execute(f"SELECT {_SUMS}").fetchone())

    def counts_of_part(self, part: int) -> tuple[int, int]:
        """How many requests have their answer, and their failure, from that part."""
        answered, failed = self._db.execute(
            f"""
            SELECT coalesce(sum(a.answered = 1), 0), coalesce(sum(a.answered = 0), 0)
            FROM answers a JOIN requests r ON r.custom_id = a.custom_id
            WHERE a.rank % {records.RANK_ANSWERED} = ?
            """,
            (part,),
        ).fetchone()
        return int(answered), int(failed)

    def strangers_of_part(self, part: int) -> int:
        """How many answers of that part belong to no request of the job."""
        (count,) = self._db.execute(
            f"""
            SELECT count(*) FROM answers a
            WHERE a.rank % {records.RANK_ANSWERED} = ?
                AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.custom_id = a.custom_id)
            """,
            (part,),
        ).fetchone()
        return int(count)

    def failure_kinds(self, limit: int) -> list[FailureKind]:
        """The most frequent kinds of failure, each with its first request."""
        return [
            FailureKind(times, example)
            for times, first in count_kinds(self._db, limit)
            for example in self.answers(first, first + 1)
        ]

    def sections(self) -> list[SectionTotals]:
        """Outcomes and tokens of each section, in the order of the prompts file.

        Of a large job this is work for a thread's `reader`.
        """
        rows = self._db.execute(
            f"SELECT (SELECT name FROM names WHERE id = r.section), min(r.row), {_SUMS}"
            " GROUP BY r.section ORDER BY min(r.row)"
        )
        return [SectionTotals(name, first, _totals(sums)) for name, first, *sums in rows]

    def groups(self, by: Heading = "section") -> list[Group]:
        """All requests summed by section or prompt type, each sum of one part and one price.

        Of a large job this is work for a thread's `reader`.
        """
        return read_groups(self._db, by)

    def lengths(self) -> list[Lengths]:
        """How long the answers are, counted by prompt type and part."""
        return read_lengths(self._db)

    def answers(self, start: int = 0, stop: int | None = None) -> Iterator[Answer]:
        """The answers of rows `start` to `stop`, missing ones too."""
        rows = self._db.execute(
            f"{records.ANSWERS} WHERE r.row >= ? AND r.row < ? ORDER BY r.row",
            (start, len(self) if stop is None else stop),
        )
        return (records.answer(row) for row in rows)

    def answers_at(self, rows: Sequence[int]) -> list[Answer]:
        """The answers of these rows, in their order; a row that is not there is left out."""
        found = self._db.execute(
            f"{records.ANSWERS} WHERE r.row IN (SELECT value FROM json_each(?))",
            (f"[{','.join(map(str, rows))}]",),
        )
        by_row = {answer.number: answer for answer in map(records.answer, found)}
        return [by_row[row] for row in rows if row in by_row]

    def answer(self, custom_id: str) -> Answer | None:
        """The answer of one request; None when the job has no such request."""
        row = self._db.execute(f"{records.ANSWERS} WHERE r.custom_id = ?", (custom_id,)).fetchone()
        return records.answer(row) if row else None

    def unanswered(self) -> Iterator[Answer]:
        """What has no answer: every request that failed or is missing, by row."""
        rows = self._db.execute(f"{records.ANSWERS} WHERE a.answered IS NOT 1 ORDER BY r.row")
        return (records.answer(row) for row in rows)

    def has_request_lines(self) -> bool:
        """Whether the lines that were sent are known, of any request."""
        found = self._db.execute(
            "SELECT 1 FROM requests r JOIN names f ON f.id = r.file WHERE f.name <> '' LIMIT 1"
        )
        return found.fetchone() is not None

    def has_schemas(self) -> bool:
        """Whether any answer is asked to fit a JSON Schema."""
        return checking.has_schemas(self._db)

    def files_of_requests(self) -> list[str]:
        """The input files that the requests stand in."""
        rows = self._db.execute(
            "SELECT name FROM names WHERE id IN (SELECT file FROM requests) ORDER BY name"
        )
        return [name for (name,) in rows]

    def columns(self) -> tuple[str, ...]:
        """The columns of the table whose rows the requests are; () when there is none."""
        return own_rows.columns(self._db)

    def places_of_rows(self, start: int, stop: int) -> dict[int, Place]:
        """Where the own columns of rows `start` to `stop` stand, by row; {} without a table."""
        return own_rows.places(self._db, start, stop)

    def files_of_answers(self) -> list[str]:
        """The output files that answers stand in."""
        return lookups.files_of_answers(self._db)

    def rows_of_responses(self, custom_ids: Iterable[str]) -> dict[tuple[str, int], int]:
        """The rows of answered requests by the (file, offset) of the line that counts."""
        return lookups.rows_of_responses(self._db, custom_ids)

    def rows_of_requests(self, custom_ids: Iterable[str]) -> dict[tuple[str, int], int]:
        """The rows of requests by the (file, offset) of the line in which they stand."""
        return lookups.rows_of_requests(self._db, custom_ids)

    def reasons(self) -> Iterator[tuple[int, str]]:
        """The row of each failed request, and why it failed."""
        return lookups.reasons(self._db)

    def ids_without_request(self) -> list[str]:
        """The custom_ids that only an answer names, in the order of the answers' files."""
        rows = self._db.execute(
            """
            SELECT custom_id FROM answers
            WHERE custom_id NOT IN (SELECT custom_id FROM requests) ORDER BY file, offset
            """
        )
        return [custom_id for (custom_id,) in rows]

    def count_reasons(self, code: str) -> int:
        """How many requests failed with that error code."""
        row = self._db.execute(
            "SELECT count(*) FROM answers WHERE reason = ? OR instr(reason, ?) = 1",
            (code, f"{code}: "),
        ).fetchone()
        return int(row[0])

    def rows_where(self, kinds: frozenset[Kind]) -> list[int]:
        """The rows of all requests of one of these kinds, in view order."""
        return self._flags.rows(kinds)

    def next_row(
        self, kinds: frozenset[Kind], after: int, *, backwards: bool = False
    ) -> int | None:
        """The next row of one of these kinds after a row, or the last before it; round the end.

        None when there is no such row in the job. `after` itself may come back, as the only one.
        """
        return self._flags.next_row(kinds, after, backwards=backwards)


class _Names:
    """Each distinct name once, by a number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._ids: dict[str, int] = dict(db.execute("SELECT name, id FROM names"))

    def __getitem__(self, name: str) -> int:
        known = self._ids.get(name)
        if known is not None:
            return known
        added = self._db.execute("INSERT INTO names (name) VALUES (?)", (name,)).lastrowid
        assert added is not None
        self._ids[name] = added
        return added


def _totals(row: tuple[int, ...] | list[int]) -> Totals:
    requests, answered, failed, truncated, refused, off_schema, *usage = row
    return Totals(requests, answered, failed, truncated, refused, Usage(*usage), off_schema)
