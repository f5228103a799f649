"""People name their jobs, tag them and write notes; settings are remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.files import jsonl, request
from tests.support.jobs import NOON, job, part
from wellspring_tui.errors import InputError, JobNotFoundError
from wellspring_tui.jobs.labels import clean_tags
from wellspring_tui.prompts.model import RequestOptions

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.wellspring import Wellspring

TERSE = RequestOptions(model="o3-mini", temperature=None, max_tokens=50, system="Be terse.")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["night", "Night", " NIGHT "], ("night",)),
        (["b", "a", "b"], ("b", "a")),
        (["#night", "##x"], ("night", "x")),
        (["", "  ", "#"], ()),
        (["two \n words"], ("two words",)),
        (["x" * 40], ("x" * 40,)),
        (["caf\udce9"], ("caf\ufffd",)),  # a byte of no encoding, as shells hand it on
    ],
)
def test_tags_are_trimmed_and_each_is_kept_once(given: list[str], kept: tuple[str, ...]) -> None:
    assert clean_tags(given) == kept


def test_a_tag_that_is_too_long_is_refused() -> None:
    with pytest.raises(InputError, match=r"at most 40 characters, .* has 41"):
        clean_tags(["x" * 41])


def test_a_job_is_submitted_with_tags_and_remembers_its_options(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    made = wellspring.submit(prompts_path, TERSE, tags=["#Night", "night", "soil"])
    assert (made.tags, made.options, made.notes) == (("Night", "soil"), TERSE, None)
    assert wellspring.job(made.id) == made


def test_a_bad_tag_stops_a_submission_before_anything_is_made(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    with pytest.raises(InputError, match="40 characters"):
        wellspring.submit(prompts_path, TERSE, tags=["x" * 41])
    assert wellspring.jobs() == []
    assert not wellspring.settings.places.inputs("x").parent.exists()


def test_editing_changes_what_is_given_and_nothing_else(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    made = wellspring.submit(prompts_path, TERSE, tags=["night"], description="As it was")
    named = wellspring.edit(made.id, name="  Gärten  ")
    assert named == replace(made, name="Gärten")
    noted = wellspring.edit(made.id, notes="One.\nTwo.\n")
    assert noted == replace(named, notes="One.\nTwo.")
    tagged = wellspring.edit(made.id, tags=["a", "A", "b"])
    assert tagged == replace(noted, tags=("a", "b"))
    bare = wellspring.edit(made.id, tags=[], notes="")
    assert bare == replace(named, tags=(), notes=None)
    assert wellspring.edit(made.id) == bare


@pytest.mark.parametrize("name", ["", "  \n"])
def test_a_job_keeps_its_name_rather_than_have_none(
    wellspring: Wellspring, prompts_path: Path, name: str
) -> None:
    made = wellspring.submit(prompts_path, TERSE)
    with pytest.raises(InputError, match="needs a name"):
        wellspring.edit(made.id, name=name, notes="lost?")
    assert wellspring.job(made.id) == made


def test_a_job_that_is_not_there_is_not_edited(wellspring: Wellspring) -> None:
    with pytest.raises(JobNotFoundError):
        wellspring.edit("nobody", name="somebody")


def test_settings_are_remembered_by_the_kind_of_file(
    wellspring: Wellspring, prompts_path: Path, tmp_path: Path
) -> None:
    ready_made = tmp_path / "ready.jsonl"
    ready_made.write_bytes(jsonl([request("a")]))
    usual = wellspring.request_options()
    first = wellspring.submit(prompts_path, replace(usual, model="gpt-4.1"))
    second = wellspring.submit(prompts_path, TERSE)
    ready = wellspring.submit(ready_made, usual)

    assert first.kind == second.kind != ready.kind
    assert wellspring.options_for(second.kind) == TERSE
    assert ready.options is None  # the file brings its own
    assert wellspring.options_for(ready.kind) == usual
    assert wellspring.options_for("a kind of file nobody sent") == usual


def test_options_that_another_version_wrote_do_not_hide_the_job(ledger: Ledger) -> None:
    for number, text in enumerate(['{"model": "m", "new": 1}', '{"temperature": 9}', "[]"]):
        job_id = f"job{number}"
        made = replace(job(job_id), created_at=NOON + timedelta(hours=number))
        ledger.add_job(made, [part(job_id)])
        with ledger._writing() as db:
            db.execute("UPDATE jobs SET options = ? WHERE id = ?", (text, job_id))
    assert ledger.job("job0").options == RequestOptions(model="m")
    assert [ledger.job(job_id).options for job_id in ("job1", "job2")] == [None, None]
