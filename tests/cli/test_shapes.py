"""What `--json` prints has the shape that the help tells, whatever became of the jobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import jsonschema
import pytest

from tests.cli import schemas
from tests.cli.conftest import SAMPLE
from tests.support.files import CHAT, answer, encoded, expired, jsonl, request
from wellspring_tui.cli.app import program

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Shell

SCHEMAS = {
    "adopt": schemas.OFFERS,
    "cancel": schemas.JOB,
    "check": schemas.SURVEY,
    "clean": schemas.CLEANED,
    "compare": schemas.COMPARISON,
    "config": schemas.SETTINGS,
    "doctor": schemas.FINDINGS,
    "edit": schemas.JOB,
    "import": schemas.JOB,
    "jobs": schemas.JOBS,
    "results": schemas.RESULTS,
    "retry": schemas.RETRIED,
    "search": schemas.HITS,
    "status": schemas.JOB_WHOLE,
    "usage": schemas.USAGE,
    "watch": schemas.RESULTS,
}
ELSEWHERE = {"serve", "submit"}
"""The one prints a line when it is ready; the other a job, as `cancel` does."""
OUTSIDE = {"BATCH_CHECK_INTERVAL": "1", "OPENAI_API_KEY": "sk-0123456789abcdef",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}  # fmt: skip


@pytest.fixture
def shown(shell: Shell) -> Callable[..., Any]:
    """Calls a command with --json, holds what it prints against its schema, and gives it back."""

    def show(command: str, *arguments: object, code: int = 0, **variables: str) -> Any:
        done = shell.wellspring(command, *map(str, arguments), "--json", **variables)
        assert done.code == code, done.stderr
        found = json.loads(done.stdout)
        jsonschema.validate(found, SCHEMAS[command])
        return found

    return show


def test_every_command_that_prints_json_has_a_schema() -> None:
    context = click.Context(program)
    printing = {
        name
        for name in program.list_commands(context)
        if (command := program.get_command(context, name)) is not None
        and any("--json" in parameter.opts for parameter in command.params)
    }
    assert printing == {*SCHEMAS, *ELSEWHERE}


@pytest.mark.parametrize("command", SCHEMAS)
def test_the_help_names_every_field(shell: Shell, command: str) -> None:
    words = " ".join(shell.wellspring(command, "--help").stdout.split())
    _, _, told = words.partition("With --json: ")
    assert told
    missing = [name for name in schemas.names_of(SCHEMAS[command]) if name not in told]
    assert missing == []


def test_where_there_is_nothing(shown: Callable[..., Any]) -> None:
    assert shown("jobs") == []
    assert shown("usage")["rows"] == []
    assert shown("adopt") == []
    assert shown("clean")["litter"] == []
    shown("config")
    shown("config", OPENAI_API_KEY="sk-0123456789abcdef", LOG_LEVEL="debug")
    shown("doctor")
    shown("doctor", code=3, WELLSPRING_SERVICE="openai")


def test_what_is_in_a_file(shell: Shell, shown: Callable[..., Any]) -> None:
    shown("check", SAMPLE)
    shown("check", SAMPLE, "--model", "nobody-knows-it", WELLSPRING_SERVICE="openai")
    shell.write("twice.jsonl", jsonl([request("a"), request("a"), request("b", model="o3")]))
    found = shown("check", "twice.jsonl", code=2)
    assert found["problems"][0]["line"] == 2


def test_jobs_that_ended_well_and_badly(shell: Shell, shown: Callable[..., Any]) -> None:
    ran = shell.wellspring("run", SAMPLE, "-q", "--description", "a note", "--tag", "night")
    good = json.loads(ran.stdout)["job_id"]
    shell.write(
        "half.jsonl",
        jsonl([request("a", CHAT, "o3-mini"), request("b", CHAT, "o3-mini", max_tokens=20)]),
    )
    half = json.loads(shell.wellspring("run", "half.jsonl", "-q").stdout)["job_id"]
    shell.write("input.jsonl", jsonl([request("a"), request("b"), request("c")]))
    shell.write("output.jsonl", encoded(answer("a", "Soil."), expired("b")))
    brought = shown("import", "output.jsonl", "--input", "input.jsonl", code=1)["job_id"]

    assert {job["job_id"] for job in shown("jobs")} == {good, half, brought}
    for job_id, code in ((good, 0), (half, 1), (brought, 1)):
        shown("status", job_id)
        shown("results", job_id, code=code)
        shown("results", job_id, "--prompts", code=code)
        shown("watch", job_id, code=code)
    shown("edit", good, "--notes", "well done")
    assert shown("search", brought, "soil")
    shown("compare", good, half)
    shown("compare", half, brought)
    for by in ("job", "day", "model", "section", "service"):
        assert shown("usage", "--by", by, "--since", "7d")["rows"]
    assert shown("usage", "--by", "type", "--job", half)["rows"]
    assert shown("retry", half, "--all")["retry"]["requests"] == 1


def test_jobs_that_run_wait_are_cancelled_and_go_again(
    shell: Shell, shown: Callable[..., Any]
) -> None:
    job_id = shell.wellspring("submit", SAMPLE, "-q", WELLSPRING_PACE="30").stdout.strip()
    shown("status", job_id)
    assert shown("results", job_id)["missing"] == 9
    shown("cancel", job_id)
    shown("watch", job_id, code=1)
    shown("retry", job_id)
    waiting = shell.wellspring("submit", SAMPLE, "--service", "openai", **OUTSIDE)
    assert waiting.code == 3
    found = shown("status", waiting.stdout.strip(), **OUTSIDE)
    assert found["parts"][0]["batch_id"] is None
    shown("jobs")


def test_batches_of_others(shell: Shell, shown: Callable[..., Any]) -> None:
    shell.write("one.jsonl", jsonl([request("a")]))
    ran = shell.wellspring("run", "one.jsonl", "-q")
    (batch_id,) = json.loads(ran.stdout)["batch_ids"]
    # In a home with another ledger, the same service's batch is a stranger's.
    for path in shell.home.glob("ledger.sqlite*"):
        path.unlink()

    assert [offer["batch_id"] for offer in shown("adopt")] == [batch_id]
    adopted = shell.wellspring("adopt", batch_id, "--json")
    jsonschema.validate(json.loads(adopted.stdout), schemas.JOBS)
