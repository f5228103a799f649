"""The jobs there are, one job whole, and what is in a prompts file."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.cli.conftest import SAMPLE
from tests.support.files import jsonl, request, visual

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

SLOW = {"WELLSPRING_PACE": "60"}


def test_jobs_lists_the_newest_first_and_status_shows_one(shell: Shell) -> None:
    assert shell.wellspring("jobs").stderr == "wellspring: there are no jobs yet.\n"
    notes = ("--description", "For \x1b[31mMay")
    summer = shell.wellspring("submit", SAMPLE, "--name", "Summer", **SLOW)
    first = summer.stdout.strip()
    autumn = shell.wellspring("submit", SAMPLE, "--name", "Autumn 秋", *notes, "--json", **SLOW)
    job = json.loads(autumn.stdout)
    second = job["job_id"]
    assert (job["name"], job["requests"], job["answered"]) == ("Autumn 秋", 9, 0)

    assert [job["job_id"] for job in shell.json("jobs")] == [second, first]
    assert [job["name"] for job in shell.json("jobs", "--filter", "summ")] == ["Summer"]
    assert shell.json("jobs", "--service", "openai") == []

    listed = shell.wellspring("jobs", "--limit", "1")
    _, row = listed.stdout.rstrip("\n").split("\n")
    assert row.startswith(f"{second}  Autumn 秋  ")
    assert "1 more" in listed.stderr

    shown = shell.wellspring("status", second, "--offline").stdout
    assert "9: 0 answered, 0 failed, 9 to go" in shown
    assert "batch_" in shown
    assert "For May" in shown  # without the colour that was smuggled in
    assert "\x1b" not in shown


def test_a_job_has_the_same_facts_in_jobs_and_in_status(shell: Shell) -> None:
    assert shell.wellspring("run", SAMPLE, "-q", "--name", "Spring", "--model", "gpt-4.1").code == 0

    (job,) = shell.json("jobs")
    whole = shell.json("status", job["job_id"])

    parts, timeline = whole.pop("parts"), whole.pop("timeline")
    assert [whole.pop(flag) for flag in ("truncated", "refused", "off_schema")] == [0, 0, 0]
    assert whole.pop("answered_by") == "simulated answers"
    assert whole == job
    assert (job["name"], job["model"]) == ("Spring", "gpt-4.1")
    assert (job["answered"], job["failed"], job["missing"], job["requests"]) == (9, 0, 0, 9)
    assert job["cost_usd"] == "0"
    assert job["source"] == str(SAMPLE)
    assert datetime.fromisoformat(job["created_at"]).tzinfo == UTC
    assert [part["status"] for part in parts] == ["completed"]
    assert {"planned", "created", "collected"} <= {event["what"] for event in timeline}
    assert shell.json("status", parts[0]["batch_id"])["job_id"] == job["job_id"]


def test_home_and_service_may_stand_before_and_after_the_command(shell: Shell) -> None:
    here, elsewhere = ("--home", shell.home), {"WELLSPRING_HOME": str(shell.folder / "elsewhere")}
    done = shell.wellspring(*here, "submit", SAMPLE, "--service", "local", **elsewhere)
    assert done.code == 0

    for arguments in ((*here, "jobs"), ("jobs", *here)):
        listed = shell.wellspring(*arguments, "--service", "local", **elsewhere)
        assert done.stdout.strip() in listed.stdout
    assert shell.wellspring("jobs", **elsewhere).stdout == ""


def test_check_tells_what_is_in_a_file_and_sends_nothing(shell: Shell) -> None:
    content = visual({"Soil": {"facts": "Which?", "layout": " "}, "Water": {"facts": "How?"}})
    shell.write("garden.json", content)

    found = shell.json("check", "garden.json", "--model", "o3-mini", "--max-tokens", "100")

    assert found["sendable"] is True
    assert (found["prompts"], found["blank"], found["problem_count"]) == (2, 1, 0)
    assert found["sections"] == {"Soil": {"facts": 1}, "Water": {"facts": 1}}
    assert found["models"] == {"o3-mini": 2}
    assert found["output_tokens_limit"] == 200
    assert found["tokens_exact"] is False
    assert found["cost"]["free"] is True
    assert float(found["cost"]["batch_usd"]) < float(found["cost"]["real_time_usd"])
    assert any("temperature" in note for note in found["notes"])
    assert shell.json("jobs") == []


def test_check_says_unknown_for_a_price_that_nobody_knows(shell: Shell) -> None:
    shown = shell.wellspring("check", SAMPLE, "--model", "our-own", "--service", "openai")

    assert shown.code == 0
    assert "unknown as a batch, unknown in real time" in shown.stdout
    assert shown.stderr == ""


def test_check_says_how_near_its_tokens_are(shell: Shell) -> None:
    def told(model: str, **variables: str) -> str:
        return shell.wellspring("check", SAMPLE, "--model", model, **variables).stdout

    shell.write("sitecustomize.py", "import sys; sys.modules['tiktoken'] = None")
    without, with_it = {"PYTHONPATH": str(shell.folder)}, {"PYTHONPATH": ""}

    near = "≈: estimated, about 5 % off on English text"
    bare = told("gpt-4o-mini", **without)
    assert re.search(r"Tokens +≈ [\d,]+ in", bare)
    assert f"{near}; `pip install 'wellspring-tui[tokens]'` counts exactly" in bare
    counted = told("gpt-4o-mini", **with_it)
    assert re.search(r"Tokens +[\d,]+ in", counted)
    assert "≈:" not in counted
    assert f"{near}\n" in told("our-own", **with_it)
    assert "≈: within 1 % for texts" in told("o3-mini", **with_it)


def test_check_lists_every_problem_and_answers_with_2(shell: Shell) -> None:
    lines = [request("a"), b"{", request("a"), request("b", stream=True)]
    shell.write("requests.jsonl", jsonl(lines))

    shown = shell.wellspring("check", "requests.jsonl")
    found = shell.wellspring("check", "requests.jsonl", "--json")

    assert shown.code == found.code == 2
    assert [problem["line"] for problem in json.loads(found.stdout)["problems"]] == [2, 3, 4]
    for number in (2, 3, 4):
        assert f"  line {number}" in shown.stdout
    assert "3 problems" in shown.stderr
