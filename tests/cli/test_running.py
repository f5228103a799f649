"""From a prompts file to its answers."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from tests.cli.conftest import SAMPLE
from tests.support.files import jsonl, request

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

SECTIONS = ["Finding the Ground", "A Year of Planting", "People and Money"]
TYPES = ["facts_prompt", "layout_prompt", "editing_prompt"]


def test_run_writes_every_answer_by_section_in_the_order_of_the_file(shell: Shell) -> None:
    done = shell.wellspring("run", SAMPLE)

    results = json.loads(done.stdout)  # nothing but JSON is on stdout
    assert done.code == 0
    assert results["total_results"] == 9
    assert list(results["results_by_section"]) == SECTIONS
    for answers in results["results_by_section"].values():
        assert list(answers) == TYPES
        assert all(answer["response"] for answer in answers.values())
    assert "completed: 9 answered, 0 failed, 0 missing" in done.stderr
    assert "\x1b" not in done.stderr


def test_a_request_that_fails_ends_a_run_with_1_and_keeps_the_other_answers(shell: Shell) -> None:
    # Reasoning models refuse max_tokens; a ready-made line goes out as it is.
    good = request("good", model="o3-mini", max_completion_tokens=20)
    bad = request("bad", model="o3-mini", max_tokens=20)
    shell.write("requests.jsonl", jsonl([good, bad]))

    done = shell.wellspring("run", "requests.jsonl", "--model", "gpt-4o")

    results = json.loads(done.stdout)
    assert done.code == 1
    assert (results["answered"], results["failed"], results["missing"]) == (1, 1, 0)
    assert [failure["custom_id"] for failure in results["failures"]] == ["bad"]
    assert "--model changes nothing" in done.stderr


def test_a_file_whose_name_is_of_no_encoding_is_sent_like_any_other(shell: Shell) -> None:
    name = os.fsdecode(b"caf\xe9.json")
    (shell.folder / name).write_bytes(SAMPLE.read_bytes())

    done = shell.wellspring("run", name)

    assert done.code == 0
    assert json.loads(done.stdout)["name"] == "caf\ufffd"


def test_submit_prints_the_id_that_watch_and_results_take(shell: Shell) -> None:
    submitted = shell.wellspring("submit", SAMPLE)
    job_id = submitted.stdout.strip()
    watched = shell.wellspring("watch", job_id, "-o", "watched.json")
    results = shell.wellspring("results", job_id, "--format", "json")

    assert submitted.code == watched.code == results.code == 0
    assert submitted.stdout == f"{job_id}\n"
    assert watched.stdout == ""
    written = json.loads((shell.folder / "watched.json").read_bytes())
    assert json.loads(results.stdout)["results_by_section"] == written["results_by_section"]
    assert written["job_id"] == job_id
    assert results.stderr == ""


def test_results_of_a_running_job_are_what_has_come_so_far(shell: Shell) -> None:
    job_id = shell.wellspring("submit", SAMPLE, WELLSPRING_PACE="20").stdout.strip()

    done = shell.wellspring("results", job_id)

    assert done.code == 0
    assert json.loads(done.stdout)["missing"] == 9
    assert f"{job_id} still runs" in done.stderr
    cancelled = shell.wellspring("cancel", job_id)
    assert cancelled.code == 0
    watched = shell.wellspring("watch", job_id, "-q")
    assert watched.code == 1
    assert json.loads(watched.stdout)["status"] == "cancelled"
    again = shell.wellspring("cancel", job_id)
    assert again.code == 2
    assert "over already" in again.stderr


def test_the_old_flags_are_the_commands_they_have_become(shell: Shell) -> None:
    shell.write("out.json", "older results")

    ran = shell.wellspring("--input", SAMPLE, "--output", "out.json", "--quiet")
    listed = shell.wellspring("--list-jobs", "--json")
    job_id = json.loads(listed.stdout)[0]["job_id"]
    watched = shell.wellspring("--service", "local", f"--monitor-only={job_id}")

    assert (ran.code, ran.stdout, ran.stderr) == (0, "", "")
    results = json.loads((shell.folder / "out.json").read_bytes())
    assert results["job_id"] == job_id
    assert sorted(path.name for path in shell.folder.iterdir()) == ["home", "out.json"]
    assert watched.code == 0
    assert json.loads(watched.stdout)["results_by_section"] == results["results_by_section"]


def test_a_reader_that_has_had_enough_is_no_trouble(shell: Shell) -> None:
    with shell.started("run", SAMPLE, "-q") as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        said = run.stderr.read()

    assert said == b""
    assert run.wait() == 141  # as a shell reports a program that SIGPIPE has ended
