"""A job made of a table: its rows stay beside their answers, whatever happens to the table."""

from __future__ import annotations

import csv
import io
import stat
from typing import TYPE_CHECKING

import pytest

from tests.jobs.test_retrying import first_line, with_results
from tests.support.homes import carry, sent_to
from tests.support.scripted import ScriptedService
from wellspring_tui.answers.own_rows import ROWS_NAME
from wellspring_tui.errors import PromptsFileError
from wellspring_tui.jobs.holding import LOCK_NAME
from wellspring_tui.prompts.model import FileKind, RequestOptions
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.settings import Settings

OPTIONS = RequestOptions(template="Tell of {text}.")
ROWS = [(f"n{number}", f"place {number}", "AB"[number % 2]) for number in range(7)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Seven rows in two sections that take turns."""
    path = tmp_path / "places.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([("name", "text", "section"), *ROWS])
    return path


def beside(wellspring: Wellspring, job_id: str) -> set[tuple[str, str, str, str | None]]:
    """What is told of each request: its row and its prompt."""
    return {
        (row["name"], row["text"], row["section"], one.prompt)
        for one in wellspring.answers(job_id)
        if (row := one.row) is not None
    }


EXPECTED = {(*row, f"Tell of {row[1]}.") for row in ROWS}


def test_rows_stay_beside_their_answers_over_parts_losses_and_retries(
    settings: Settings, service_url: str, table: Path
) -> None:
    with (
        ScriptedService(with_results(service_url, first_line)) as lossy,
        Wellspring(sent_to(settings, lossy.base_url, max_requests=3)) as wellspring,
    ):
        job = wellspring.submit(table, OPTIONS)
        assert (job.kind, job.parts, job.requests) == (FileKind.ROWS, 3, 7)
        assert job.options == OPTIONS
        table.write_text("name;text;section\nother;things;Z\n")
        assert beside(wellspring, job.id) == EXPECTED
        assert carry(wellspring, job.id).missing == 4
    table.unlink()
    with Wellspring(sent_to(settings, service_url, max_requests=3)) as wellspring:
        assert wellspring.retry(job.id).sent == 4
        assert carry(wellspring, job.id).completed == 7
        assert beside(wellspring, job.id) == EXPECTED
        file = io.BytesIO()
        wellspring.write_results(job.id, file, "csv")
    read = list(csv.DictReader(io.StringIO(file.getvalue().decode(), newline="")))
    assert {(row["name"], row["text"], row["row_section"]) for row in read} == set(ROWS)
    assert all(row["section"] == row["row_section"] for row in read)
    for row in read:
        number = row["text"].removeprefix("place ")
        assert row["custom_id"] == f"{row['section'].lower()}.row.{int(number) + 1:04d}"


def test_what_a_table_holds_is_kept_for_its_owner_alone(
    wellspring: Wellspring, table: Path
) -> None:
    job = wellspring.submit(table, OPTIONS)
    kept = wellspring.settings.places.inputs(job.id) / ROWS_NAME
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    names = sorted(path.name for path in kept.parent.iterdir())
    assert names == [LOCK_NAME, "part-001.jsonl", ROWS_NAME]


def test_nothing_is_left_of_a_table_that_cannot_be_sent(
    wellspring: Wellspring, table: Path
) -> None:
    with table.open("a", encoding="utf-8") as file:
        file.write("one cell\n")
    with pytest.raises(PromptsFileError, match="line 9: the row has 1 cell, the table 3 columns"):
        wellspring.submit(table, OPTIONS)
    assert not list((wellspring.settings.places.data / "input").iterdir())
    assert wellspring.count_jobs() == 0
