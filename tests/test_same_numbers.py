"""One job, seen from every face: the same answers, tokens and dollars everywhere.

The job has what makes numbers drift apart: an answer that came by a retry, one that failed
twice, one that is in no file, cached and reasoning tokens, and a price.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import Shell
from tests.rest.conftest import Server
from tests.support.files import visual
from tests.support.homes import stop_builtin
from tests.support.scripted import Asked, Reply, ScriptedService, forward
from tests.tui.conftest import Hand
from wellspring_tui import Wellspring, WellspringBatchProcessor, figures
from wellspring_tui.services.builtin import BuiltinService
from wellspring_tui.settings import load_settings
from wellspring_tui.tui.app import WellspringApp

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "gpt-5-mini"
KEY = "sk-not-a-key"
PROMPTS = {
    "Finding the Ground": {"facts": "Which soil is it?", "map": "Draw it.", "law": "Whose is it?"},
    "People & Money": {"facts": "What does it cost?", "map": "Draw fees.", "law": "Who owes?"},
}
SCENARIOS = ("fail:2:500,fail:5:500,omit:6", "fail:2:500,omit:3")
"""Of the first batch and of its retry, in which the fifth request is the second."""
CACHED = 5


def costly(asked: Asked, url: str, created: list[Asked]) -> Reply:
    """The built-in service, with a scenario for each batch and input that was in a cache."""
    if (asked.method, asked.path) == ("POST", "/batches"):
        body = json.loads(asked.body)
        body["metadata"]["scenario"] = SCENARIOS[len(created)]
        created.append(asked)
        asked = replace(asked, body=json.dumps(body).encode())
    reply = forward(asked, url)
    if asked.method == "GET" and asked.path.endswith("/content"):
        # As many bytes as before: else the file would rightly be taken for a broken one.
        cached = reply.body.replace(b'"cached_tokens":0', b'"cached_tokens":%d' % CACHED)
        return replace(reply, body=cached)
    return reply


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a face tells of a job; None where it does not tell it."""

    requests: int | None = None
    answered: int | None = None
    failed: int | None = None
    missing: int | None = None
    tokens: tuple[int, int] | None = None
    """In and out."""
    cost: Decimal | None = None
    by_section: dict[str, tuple[int, Decimal]] | None = None
    """Section → all its tokens, and dollars."""

    def agrees_with(self, other: Numbers) -> bool:
        """Whether both tell the same wherever both tell something."""
        names = ("requests", "answered", "failed", "missing", "tokens", "cost", "by_section")
        pairs = ((getattr(self, name), getattr(other, name)) for name in names)
        return all(None in pair or pair[0] == pair[1] for pair in pairs)


@dataclass(frozen=True, slots=True)
class Seen:
    """The job, and where it can be looked at."""

    job_id: str
    server: Server
    shell: Shell
    of_status: Numbers
    """As `wellspring status` tells it, with the sections of `wellspring usage`."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """A job that was sent, and sent again, through the REST API."""
    upstream = tmp_path_factory.mktemp("upstream")
    folder = tmp_path_factory.mktemp("faces")
    builtin = BuiltinService(upstream / "local", pace_seconds=0.0)
    url = builtin.base_url()
    created: list[Asked] = []
    with ScriptedService(lambda asked: costly(asked, url, created)) as line:
        own = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": line.base_url}
        server = Server(folder, limits={}, WELLSPRING_SERVICE="openai", **own)
        job_id = server.job(visual(PROMPTS), model=MODEL)
        first = server.ended(job_id)
        assert (first["answered"], first["failed"], first["missing"]) == (3, 2, 1)
        assert server.http.post(f"/batch/{job_id}/retry").status_code == 202
        server.ended(job_id)
        shell = Shell(server.root, server.home)
        by_section = of_usage(shell.json("usage", "--job", job_id)).by_section
        status = replace(of_totals(shell.json("status", job_id)), by_section=by_section)
        yield Seen(job_id, server, shell, status)
        assert server.stop()[0] == 0
    builtin.release()
    stop_builtin(upstream)


def of_totals(told: dict[str, Any]) -> Numbers:
    """What stands at the head of a job."""
    return Numbers(
        told["requests"],
        told["answered"],
        told["failed"],
        told["missing"],
        tokens=(told["input_tokens"], told["output_tokens"]),
        cost=Decimal(told["cost_usd"]),
    )


def of_usage(told: dict[str, Any]) -> Numbers:
    """A report of usage by section."""
    sections = {row["key"]: (row["total_tokens"], Decimal(row["cost_usd"])) for row in told["rows"]}
    return replace(of_totals(told["total"]), by_section=sections)


def of_results(told: dict[str, Any]) -> Numbers:
    """The results: their head, the tokens by section, and the cost as the sum of their entries."""
    sections = {
        section: (
            told["usage_by_section"][section]["total_tokens"],
            sum((Decimal(one["cost_usd"]) for one in types.values()), Decimal(0)),
        )
        for section, types in told["results_by_section"].items()
    }
    assert sum(map(len, told["results_by_section"].values())) == told["total_results"]
    states = Counter(one["state"] for one in told["failures"])
    assert (states["failed"], states["missing"]) == (told["failed"], told["missing"])
    used = told["usage"]
    head = told | {"input_tokens": used["input_tokens"], "output_tokens": used["output_tokens"]}
    return replace(of_totals(head), by_section=sections)


def test_the_job_has_all_that_numbers_could_differ_in(seen: Seen) -> None:
    told = seen.of_status
    assert (told.requests, told.answered, told.failed, told.missing) == (6, 4, 1, 1)
    assert told.cost
    assert told.by_section
    assert sum(cost for _, cost in told.by_section.values()) == told.cost
    assert told.tokens
    assert sum(tokens for tokens, _ in told.by_section.values()) == sum(told.tokens)
    total = seen.shell.json("usage", "--job", seen.job_id)["total"]
    assert total["cached_tokens"] == 4 * CACHED
    assert total["reasoning_tokens"] > 0
    price = {"input": "0.000000125", "cached": "0.0000000125", "output": "0.000001"}
    assert told.cost == (
        (told.tokens[0] - 4 * CACHED) * Decimal(price["input"])
        + 4 * CACHED * Decimal(price["cached"])
        + told.tokens[1] * Decimal(price["output"])
    )


def test_the_command_line_agrees_with_itself(seen: Seen) -> None:
    shell, job_id = seen.shell, seen.job_id
    assert of_results(shell_results(seen)).agrees_with(seen.of_status)
    for by in ("section", "type", "model", "service"):
        total = of_totals(shell.json("usage", "--job", job_id, "--by", by)["total"])
        assert total.agrees_with(seen.of_status)
    (row,) = shell.json("usage")["rows"]
    assert of_totals(row).agrees_with(seen.of_status)
    (listed,) = shell.json("jobs")
    assert of_totals(listed).agrees_with(seen.of_status)


def shell_results(seen: Seen) -> dict[str, Any]:
    """What `wellspring results` prints; it answers with 1, for not all is answered."""
    done = seen.shell.wellspring("results", seen.job_id, "--json")
    assert done.code == 1
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_rest_agrees(seen: Seen) -> None:
    server, job_id = seen.server, seen.job_id
    status = server.get(f"/batch/{job_id}/status")
    assert of_totals(status).agrees_with(seen.of_status)
    assert status["request_counts"] == {"total": 6, "completed": 4, "failed": 1}
    assert status["task_count"] == 6
    assert of_totals(server.get("/batch/list")["jobs"][0]).agrees_with(seen.of_status)
    results = server.get(f"/batch/{job_id}/results")
    assert of_results(results).agrees_with(seen.of_status)
    assert results | {"timestamp": ""} == shell_results(seen) | {"timestamp": ""}
    body = server.http.get(f"/batch/{job_id}/results?format=jsonl").content
    lines = [json.loads(line) for line in body.split(b"\n") if line]
    assert Counter(line["state"] for line in lines) == {"answered": 4, "failed": 1, "missing": 1}
    costs = sum((Decimal(line["cost_usd"]) for line in lines), Decimal(0))
    assert costs == seen.of_status.cost


def test_python_agrees(seen: Seen) -> None:
    with Wellspring.open(seen.server.home) as wellspring:
        job = wellspring.job(seen.job_id)
        answers = list(wellspring.answers(seen.job_id))
        report = wellspring.usage("section", job_id=seen.job_id)
    assert of_usage(report.as_dict()) == seen.of_status
    assert Numbers(
        job.requests,
        job.completed,
        job.failed,
        job.missing,
        (job.input_tokens, job.output_tokens),
        job.cost,
    ).agrees_with(seen.of_status)
    states = Counter(str(one.state) for one in answers)
    told = Numbers(
        len(answers),
        states["answered"],
        states["failed"],
        states["missing"],
        (
            sum(one.usage.input_tokens for one in answers),
            sum(one.usage.output_tokens for one in answers),
        ),
        sum((one.cost or Decimal(0) for one in answers), Decimal(0)),
    )
    assert told.agrees_with(seen.of_status)


def test_the_classic_steps_agree(seen: Seen) -> None:
    with WellspringBatchProcessor(api_key=KEY, service="openai", home=seen.server.home) as steps:
        status = steps.get_batch_status(seen.job_id)
        results = steps.process_results(steps.download_results(seen.job_id))
        (listed,) = steps.list_batch_jobs()
    assert status["request_counts"] == {"total": 6, "completed": 4, "failed": 1}
    assert listed["request_counts"] == status["request_counts"]
    assert of_results(results).agrees_with(seen.of_status)
    assert results | {"timestamp": ""} == shell_results(seen) | {"timestamp": ""}


async def test_the_dashboard_agrees(seen: Seen) -> None:
    told = seen.of_status
    assert told.tokens
    assert told.by_section
    with Wellspring(load_settings(home=seen.server.home, service="local")) as door:
        app = WellspringApp(door)
        async with app.run_test(size=(160, 50)) as pilot:
            hand = Hand(pilot, app)
            await hand.until_on("JobsScreen")
            await hand.until_shown(seen.job_id)
            app.open_results(seen.job_id)
            await hand.until_on("ResultsScreen")
            foot = (
                f"4 answered · 1 failed · 1 missing · {figures.money(told.cost)} · "
                f"{told.tokens[0]:,} in + {told.tokens[1]:,} out"
            )
            await hand.until_shown(foot)
            headings = {
                "Finding the Ground": f"3/3 · {_tokens(told, 'Finding the Ground')}",
                "People & Money": f"1/3 ×1 · {_tokens(told, 'People & Money')}",
            }
            for section, words in headings.items():
                line = next(one for one in hand.text.split("\n") if f"▾ {section}" in one)
                assert words in line
            for answer in door.answers(seen.job_id):
                if answer.state == "answered":
                    shown = f"{figures.tokens(answer.usage.total_tokens)}"
                    row = next(
                        line
                        for line in hand.text.split("\n")
                        if answer.prompt_type in line.split() and shown in line.split()
                    )
                    assert figures.money(answer.cost) in row
            await hand.press("u")
            await hand.until_on("UsageScreen")
            await hand.until_shown("1 job · 6 requests: 4 answered, 1 failed, 1 missing")
            await hand.until_shown(f"{sum(told.tokens):,} tokens = {told.tokens[0]:,} in")
            for section, (tokens, cost) in told.by_section.items():
                rows = [line for line in hand.text.split("\n") if section in line]
                assert any(f"{tokens:,}" in row and figures.money(cost) in row for row in rows)


def _tokens(told: Numbers, section: str) -> str:
    assert told.by_section
    return figures.tokens(told.by_section[section][0])
