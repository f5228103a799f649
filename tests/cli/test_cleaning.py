"""`clean` and `forget`, as a person calls them."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SAMPLE, Shell, sentence
from tests.support.littering import put
from tests.support.scripted import Asked, Reply, ScriptedService, forward
from tests.support.terminals import Terminal

if TYPE_CHECKING:
    import subprocess


@pytest.fixture
def done(shell: Shell) -> str:
    """A job with nine answers, and a file that a broken-off download has left."""
    ran = shell.wellspring("run", SAMPLE, "-q")
    job_id = str(json.loads(ran.stdout)["job_id"])
    put(shell.home / "output" / job_id / "part-001.output.tmp", b"x" * 2_000)
    return job_id


def test_clean_shows_what_can_go_where_and_why_and_deletes_nothing(shell: Shell, done: str) -> None:
    shown = shell.wellspring("clean")

    assert shown.code == 0
    lines = shown.stdout.splitlines()
    assert re.fullmatch(r"Can go: 3, [\d.]+ kB", lines[0])
    assert re.search(
        rf"half-written file +{done} +output/{done}/part-001\.output\.tmp +2\.0 kB", shown.stdout
    )
    assert re.search(r"answers' file .* on local .* in 29 d \d+ h +its job is over", shown.stdout)
    assert "jobs with their input files and answers: 1," in shown.stdout
    assert shown.stderr == "wellspring: nothing was deleted; --yes deletes it.\n"
    assert (shell.home / "output" / done / "part-001.output.tmp").exists()
    assert len(shell.json("clean")["litter"]) == 3


def test_clean_yes_deletes_it_and_the_answers_are_all_there(shell: Shell, done: str) -> None:
    cleaned = shell.wellspring("clean", "--yes")
    assert cleaned.code == 0
    assert re.fullmatch(r"wellspring: 3 deleted, [\d.]+ kB\.\n", cleaned.stderr)
    assert shell.wellspring("clean").stdout.startswith("There is nothing to delete.\n")
    assert json.loads(shell.wellspring("results", done).stdout)["answered"] == 9


def test_clean_as_json_tells_of_each_thing(shell: Shell, done: str) -> None:
    told = shell.json("clean", "--local", "--yes")
    (only,) = told["litter"]
    assert (only["kind"], only["job_id"], only["size_bytes"]) == ("half-written file", done, 2_000)
    assert (only["deleted"], only["failure"], only["service"]) == (True, None, None)
    assert told["deleted_bytes"] == 2_000
    left = shell.json("clean")["litter"]
    assert {one["kind"] for one in left} == {"input file", "answers' file"}
    assert all(one["expires_at"] and not one["deleted"] for one in left)


def test_clean_looks_only_where_it_is_told(shell: Shell, done: str) -> None:
    def found(*given: str) -> int:
        return len(shell.json("clean", *given)["litter"])

    assert (found("--local"), found("--service-files"), found("--job", done)) == (1, 2, 3)
    assert (found("--older-than", "1h"), found("--service", "openai")) == (0, 1)
    assert shell.wellspring("clean", "--job", "nobody").code == 2
    both = shell.wellspring("clean", "--local", "--service-files")
    assert "leave nothing to look at" in sentence(both)
    assert "such as 30d" in sentence(shell.wellspring("clean", "--older-than", "soon"))


def test_a_service_that_can_not_be_asked_is_named(shell: Shell, done: str) -> None:
    shell.wellspring("submit", SAMPLE, "-q", WELLSPRING_SERVICE="openai", OPENAI_API_KEY="sk-x",
                     OPENAI_BASE_URL="http://127.0.0.1:9/v1")  # fmt: skip
    told = shell.wellspring("clean", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert told.code == 0
    assert "openai was not looked at: there is no API key" in told.stderr
    insisting = shell.wellspring("clean", "--service-files")
    assert insisting.code == 3


def test_on_a_terminal_clean_asks_first(shell: Shell, done: str) -> None:
    left = shell.home / "output" / done / "part-001.output.tmp"
    for key, there in (("n", True), ("y", False)):
        with Terminal(
            ["clean", "--local"], folder=shell.folder, environment=shell.environment()
        ) as terminal:
            terminal.until_shown("Delete it, 2.0 kB? [y/N]:")
            terminal.press(f"{key}\r")
            assert terminal.until_gone() == 0
        assert left.exists() is there


def test_killed_in_the_middle_of_deleting_the_next_time_does_the_rest(
    shell: Shell, done: str
) -> None:
    with shell.started("local", "--port", "0") as service:
        assert service.stdout is not None
        url = service.stdout.readline().decode().strip()
        killed: list[subprocess.Popen[bytes]] = []

        def killing(call: Asked) -> Reply | None:
            reply = forward(call, url)
            if call.method == "DELETE" and killed:
                killed.pop().kill()
                return None  # it is done, and nobody hears of it
            return reply

        with ScriptedService(killing) as line:
            paid = {
                "WELLSPRING_SERVICE": "openai",
                "OPENAI_API_KEY": "sk-test",
                "OPENAI_BASE_URL": line.base_url,
                "BATCH_CHECK_INTERVAL": "1",
            }
            ran = shell.wellspring("run", SAMPLE, "-q", **paid)
            job_id = json.loads(ran.stdout)["job_id"]
            given = ("clean", "--yes", "--service-files", "--service", "openai", "--job", job_id)
            with shell.started(*given, **paid) as process:
                killed.append(process)
                process.communicate(timeout=60)
            assert process.returncode == -signal.SIGKILL
            assert line.count("DELETE", "/files") == 0
            rest = shell.wellspring(*given, **paid)
            assert rest.code == 0
            assert rest.stderr.startswith("wellspring: 1 deleted")
            assert json.loads(shell.wellspring("results", job_id, **paid).stdout)["answered"] == 9


def test_forget_takes_a_whole_job_away_once_that_is_meant(shell: Shell, done: str) -> None:
    refused = shell.wellspring("forget", done)
    assert refused.code == 2
    assert sentence(refused) == "this deletes answers for good. --yes does it without asking."
    assert shell.wellspring("forget", "nobody", "--yes").code == 2

    forgotten = shell.wellspring("forget", done, "--yes")
    assert (forgotten.code, forgotten.stderr) == (0, f"wellspring: {done} is forgotten.\n")
    assert shell.json("jobs") == []
    assert not (shell.home / "input" / done).exists()
    assert not (shell.home / "output" / done).exists()
    assert shell.wellspring("status", done).code == 2


def test_the_answers_may_be_asked_to_go_on_the_service_by_themselves(shell: Shell) -> None:
    bad = shell.wellspring("submit", SAMPLE, "--output-expires-after", "31d")
    assert "output expires after: expected a time from 1h to 30d" in sentence(bad)
    ran = shell.wellspring("run", SAMPLE, "-q", "--output-expires-after", "2d")
    job_id = json.loads(ran.stdout)["job_id"]
    assert re.search(
        r"part 1: its answers are on local until \d{4}-", shell.wellspring("status", job_id).stdout
    )
    (expires,) = (
        one["expires_at"] for one in shell.json("clean")["litter"] if one["kind"] == "answers' file"
    )
    assert expires == shell.json("status", job_id)["parts"][0]["answers_expire_at"]
