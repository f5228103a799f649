"""Naming, tagging and finding jobs, and seeing what is to be expected of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SAMPLE, sentence
from tests.support.files import jsonl, request

if TYPE_CHECKING:
    from tests.cli.conftest import Shell


def names(shell: Shell, *filter_words: str) -> list[str]:
    """Of the jobs that a filter leaves."""
    return [job["name"] for job in shell.json("jobs", *filter_words)]


def test_jobs_are_tagged_when_they_are_sent_and_found_by_that(shell: Shell) -> None:
    tags = ("--tag", "#Night", "--tag", "two  words", "--tag", "night")
    sent = shell.wellspring("submit", SAMPLE, *tags, "--name", "First", "--json")
    assert json.loads(sent.stdout)["tags"] == ["Night", "two words"]
    assert shell.wellspring("run", SAMPLE, "-q", "--tag", "day", "--name", "Second").code == 0

    assert names(shell) == ["Second", "First"]
    assert names(shell, "tag:night") == ["First"]
    assert names(shell, "#day", "is:ended") == ["Second"]
    assert names(shell, "first gpt-4o") == ["First"]
    assert names(shell, "--filter", "first", "second") == []
    assert names(shell, "status:completed", "tag:d") == ["Second"]
    listed = shell.wellspring("jobs").stdout
    assert "TAGS" in listed
    assert "Night, two words" in listed

    nothing = shell.wellspring("jobs", "tag:evening")
    assert (nothing.code, nothing.stderr) == (0, "wellspring: there are no such jobs.\n")


def test_a_tag_that_is_too_long_stops_the_submission(shell: Shell) -> None:
    refused = shell.wellspring("submit", SAMPLE, "--tag", "x" * 41)
    assert refused.code == 2
    assert "at most 40 characters" in sentence(refused)
    assert shell.json("jobs") == []


def test_edit_writes_on_a_job_and_says_what_is_written(shell: Shell) -> None:
    job_id = shell.wellspring("submit", SAMPLE, "-q", "--tag", "night").stdout.strip()

    edited = shell.wellspring(
        "edit", job_id, "--name", "Gärten", "--tag", "a b", "--notes", "Soon."
    )
    assert (edited.code, edited.stdout) == (0, "")
    assert edited.stderr == f"wellspring: {job_id} is Gärten, tagged night, a b, with notes.\n"
    shown = shell.wellspring("status", job_id, "--offline").stdout
    assert "Tags        night, a b" in shown
    assert "Notes       Soon." in shown

    job = shell.json("edit", job_id, "--untag", "#NIGHT", "--tag", "C")
    assert (job["name"], job["tags"], job["notes"]) == ("Gärten", ["a b", "C"], "Soon.")
    job = shell.json("edit", job_id, "--notes", "")
    assert (job["tags"], job["notes"]) == (["a b", "C"], None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "there is nothing to change"),
        (("--name", " "), "a job needs a name"),
        (("--tag", "x" * 41), "at most 40 characters"),
    ],
)
def test_edit_refuses_what_makes_no_sense(
    shell: Shell, arguments: tuple[str, ...], said: str
) -> None:
    job_id = shell.wellspring("submit", SAMPLE, "-q").stdout.strip()
    refused = shell.wellspring("edit", job_id, *arguments)
    assert refused.code == 2
    assert said in sentence(refused)


def test_edit_of_a_job_that_is_not_there_says_so(shell: Shell) -> None:
    refused = shell.wellspring("edit", "nobody", "--name", "x")
    assert refused.code == 2
    assert "there is no job “nobody”" in sentence(refused)


def test_after_three_jobs_like_it_a_job_has_an_outlook(shell: Shell) -> None:
    shell.write("one.jsonl", jsonl([request("a")]))
    for _ in range(3):
        assert shell.wellspring("run", "one.jsonl", "-q").code == 0
    assert [job["outlook"] for job in shell.json("jobs")] == [None] * 3

    job_id = shell.wellspring("submit", "one.jsonl", "-q").stdout.strip()

    (job,) = shell.json("jobs", "is:open")
    outlook = job["outlook"]
    assert (job["job_id"], outlook["like_jobs"], outlook["silent_seconds"]) == (job_id, 3, None)
    assert outlook["shortest_seconds"] <= outlook["longest_seconds"]
    shown = shell.wellspring("status", job_id, "--offline").stdout
    assert "3 jobs like it took" in shown


def test_adopt_without_ids_lists_what_belongs_to_no_job(shell: Shell) -> None:
    shell.write("one.jsonl", jsonl([request("a")]))
    ran = shell.wellspring("run", "one.jsonl", "-q", "--description", "Night \x1b[31mrun")
    (batch_id,) = json.loads(ran.stdout)["batch_ids"]
    none = shell.wellspring("adopt")
    assert (none.code, none.stdout) == (0, "")
    assert "belongs to a job" in none.stderr
    # In a home with another ledger, the same service's batch is a stranger's.
    for path in shell.home.glob("ledger.sqlite*"):
        path.unlink()

    listed = shell.wellspring("adopt")
    assert listed.code == 0
    titles, row = listed.stdout.rstrip("\n").split("\n")
    assert titles.split() == ["BATCH", "NAME", "STATUS", "OK/BAD/ALL", "ENDPOINT", "AGE"]
    assert row.startswith(f"{batch_id}  Night run  completed ")
    assert "makes a job of one" in listed.stderr
    (offer,) = shell.json("adopt")
    assert (offer["batch_id"], offer["answered"], offer["requests"]) == (batch_id, 1, 1)
    assert shell.json("jobs") == []

    assert shell.wellspring("adopt", "--decline", batch_id).code == 0
    assert shell.json("adopt") == []
    assert shell.wellspring("adopt", batch_id).code == 0
    assert len(shell.json("jobs")) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--decline",), "--decline needs the ids of batches"),
        (("--decline", "batch_x"), "no batch “batch_x” is offered"),
    ],
)
def test_only_what_is_offered_can_be_declined(
    shell: Shell, arguments: tuple[str, ...], said: str
) -> None:
    refused = shell.wellspring("adopt", *arguments)
    assert refused.code == 2
    assert said in sentence(refused)
