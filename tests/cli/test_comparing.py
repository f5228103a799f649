"""Two jobs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.files import answer, encoded, expired, jsonl, request

if TYPE_CHECKING:
    from tests.cli.conftest import Shell


def imported(shell: Shell, name: str, ids: str, *lines: object) -> str:
    """A job of result files."""
    shell.write(f"{name}.input.jsonl", jsonl(request(own_id) for own_id in ids))
    shell.write(f"{name}.jsonl", encoded(*lines))
    made = shell.wellspring(
        "import", f"{name}.jsonl", "--input", f"{name}.input.jsonl", "--name", name, "-q"
    )
    return made.stdout.strip()


@pytest.fixture
def jobs(shell: Shell) -> tuple[str, str]:
    """The same three prompts twice."""
    first = imported(shell, "first", "abc", answer("a", "Soil."), answer("b", "Water, much."))
    second = imported(shell, "second", "abc", answer("a", "Clay."), expired("b"), answer("c"))
    return first, second


def test_totals_and_prompts_stand_side_by_side(shell: Shell, jobs: tuple[str, str]) -> None:
    done = shell.wellspring("compare", *jobs)

    totals, _, pairs = done.stdout.partition("\n\n")
    told = {line.split("  ")[0]: line.split()[-2:] for line in totals.split("\n")[1:]}
    assert done.code == 0
    assert told["Job"] == list(jobs)
    assert told["Name"] == ["first", "second"]
    assert told["Answered"] == ["2", "2"]
    assert told["Failed"] == ["0", "1"]
    assert told["Characters, median"] == ["8", "4"]
    lines = pairs.strip().split("\n")
    assert lines[0].split() == ["SECTION", "PROMPT", "A", "A", "BEGINS", "B", "B", "BEGINS"]
    assert [("Soil." in line, "Clay." in line) for line in lines[1:]] == [
        (True, True),
        (False, False),
        (False, False),
    ]
    assert "missing" in lines[3]


def test_json_holds_the_whole_answers(shell: Shell, jobs: tuple[str, str]) -> None:
    found = shell.json("compare", *jobs)

    assert (found["matched_by"], found["pair_count"]) == ("custom_id", 3)
    assert found["left"]["job_id"] == jobs[0]
    assert found["right"]["median_characters"] == 4
    responses = [(pair["left"]["response"], pair["right"]["response"]) for pair in found["pairs"]]
    assert responses == [("Soil.", "Clay."), ("Water, much.", None), (None, "Yes.")]
    assert found["pairs"][1]["right"]["reason"].startswith("batch_expired")


def test_a_long_list_is_cut_and_says_so(shell: Shell, jobs: tuple[str, str]) -> None:
    done = shell.wellspring("compare", *jobs, "--limit", "1")

    assert done.stderr == "wellspring: 2 more; --limit 0 shows all.\n"
    assert len(shell.json("compare", *jobs, "--limit", "2")["pairs"]) == 2


def test_jobs_without_a_prompt_in_common_say_so(shell: Shell, jobs: tuple[str, str]) -> None:
    other = imported(shell, "third", "xy", answer("x"))

    found = shell.wellspring("compare", jobs[0], other)

    assert "the jobs have no prompt in common" in found.stderr
    assert shell.json("compare", jobs[0], other, "-q")["matched_by"] == "nothing"


def test_a_job_that_is_not_there_is_told(shell: Shell, jobs: tuple[str, str]) -> None:
    done = shell.wellspring("compare", jobs[0], "zzzzzz")

    assert done.code == 2
    assert "no job" in done.stderr
