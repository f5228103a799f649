"""Words found in all answers of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import sentence
from tests.support.files import answer, encoded, expired, jsonl, request

if TYPE_CHECKING:
    from tests.cli.conftest import Shell


@pytest.fixture
def job_id(shell: Shell) -> str:
    """A job with three answers and a failure."""
    lines = [answer("a", "Soil and\nsoil."), answer("b", "Water."), answer("d", "SOIL!")]
    shell.write("input.jsonl", jsonl(request(own_id) for own_id in "abcd"))
    shell.write("output.jsonl", encoded(*lines, expired("c")))
    made = shell.wellspring("import", "output.jsonl", "--input", "input.jsonl", "-q")
    return made.stdout.strip()


def test_prompts_whose_answers_hold_the_words_are_listed(shell: Shell, job_id: str) -> None:
    done = shell.wellspring("search", job_id, "soil")

    assert done.code == 0
    title, *rows = done.stdout.strip().split("\n")
    assert title.split() == ["HITS", "SECTION", "PROMPT", "FIRST"]
    assert [row.split()[0] for row in rows] == ["2", "1"]
    assert rows[0].endswith("Soil and soil.")
    assert done.stderr == "wellspring: 3 places in 2 of the job's prompts.\n"


def test_words_are_found_together_whatever_is_between_them(shell: Shell, job_id: str) -> None:
    (found,) = shell.json("search", job_id, "and", "soil")

    assert (found["custom_id"], found["hits"]) == ("a", 1)
    assert found["excerpt"] == "Soil and soil."


def test_reasons_and_prompts_can_be_searched_too(shell: Shell, job_id: str) -> None:
    (failed,) = shell.json("search", job_id, "executed")
    asked = shell.json("search", job_id, "--prompts", "about")

    assert (failed["custom_id"], failed["state"]) == ("c", "failed")
    assert [found["custom_id"] for found in asked] == ["a", "b", "c", "d"]


def test_a_long_list_is_cut_and_says_so(shell: Shell, job_id: str) -> None:
    done = shell.wellspring("search", job_id, "soil", "--limit", "1")

    assert len(done.stdout.strip().split("\n")) == 2
    assert done.stderr.endswith("prompts; --limit 2 shows all.\n")


def test_nothing_found_is_said(shell: Shell, job_id: str) -> None:
    done = shell.wellspring("search", job_id, "meadow")

    assert (done.code, done.stdout) == (0, "")
    assert "nothing was found" in done.stderr
    assert shell.json("search", job_id, "meadow", "-q") == []


def test_there_must_be_words(shell: Shell, job_id: str) -> None:
    done = shell.wellspring("search", job_id, " ")

    assert done.code == 2
    assert "nothing to search for" in sentence(done)
