"""A program looks after its jobs through the API."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.rest.conftest import HALF_DONE, Server, problem
from wellspring_tui.answers.money import Money
from wellspring_tui.jobs.entries import JOB_STATUSES
from wellspring_tui.jobs.spending import Estimate, keep_retry_to
from wellspring_tui.rest.problems import RefusalError, conflicts

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def half_done(shared: Server) -> str:
    """A job that is over with one answer and one refusal."""
    job_id = shared.job(HALF_DONE)
    assert shared.ended(job_id)["failed"] == 1
    return job_id


def test_a_job_is_shown_whole_by_its_id_and_by_the_id_of_its_batch(
    shared: Server, half_done: str
) -> None:
    job = shared.get(f"/batch/{half_done}/status")

    assert (job["answered"], job["failed"], job["missing"]) == (1, 1, 0)
    assert job["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
    assert job["answered_by"] == "simulated answers"
    assert shared.get(f"/batch/{half_done}/results")["answered_by"] == "simulated answers"
    (part,) = job["parts"]
    assert (part["part"], part["status"], part["step"]) == (1, "completed", "collected")
    whats = [event["what"] for event in job["timeline"]]
    assert (whats[0], whats[-1]) == ("planned", "collected")
    by_batch = shared.get(f"/batch/{part['batch_id']}/status")
    assert by_batch == job


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/batch/nobody/status"),
        ("GET", "/batch/nobody/results"),
        ("GET", "/batch/nobody/events"),
        ("POST", "/batch/nobody/cancel"),
        ("POST", "/batch/nobody/retry"),
        ("GET", "/batch/list?after=nobody"),
        ("GET", "/batch/no%00body%1b%5b2J/status"),
    ],
)
def test_a_job_that_is_not_there_is_told_everywhere(shared: Server, method: str, path: str) -> None:
    told = problem(shared.http.request(method, path), 404, "job-not-found")
    assert told["todo"] == "GET /batch/list lists them."
    assert "\x1b" not in told["detail"]


def test_the_list_goes_on_page_by_page(serve: Callable[..., Server]) -> None:
    server = serve(WELLSPRING_PACE="60")
    made = [server.job(name=f"job {number}") for number in range(5)][::-1]

    first = server.get("/batch/list?limit=2")
    assert [job["job_id"] for job in first["jobs"]] == made[:2]
    assert (first["total"], first["has_more"], first["next_after"]) == (5, True, made[1])
    second = server.get(f"/batch/list?limit=2&after={first['next_after']}")
    assert [job["job_id"] for job in second["jobs"]] == made[2:4]
    newcomer = server.job(name="newcomer")
    last = server.get(f"/batch/list?limit=2&after={second['next_after']}")
    assert [job["job_id"] for job in last["jobs"]] == made[4:]
    assert (last["has_more"], last["next_after"]) == (False, None)
    skipped = server.get("/batch/list?limit=2&offset=4")
    assert [job["job_id"] for job in skipped["jobs"]] == made[3:]
    assert server.get("/batch/list?text=NEWC")["jobs"][0]["job_id"] == newcomer

    server.http.post(f"/batch/{made[0]}/cancel")
    server.ended(made[0])
    (cancelled,) = server.get("/batch/list?status=cancelled")["jobs"]
    assert cancelled["job_id"] == made[0]
    assert server.get("/batch/list?status=cancelled&text=newcomer")["total"] == 0


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=1001", "limit=x", "offset=-1", "limit=%00", "offset=1e308"),
        *("status=complete", "status=done%00", f"text={'x' * 201}"),
    ],
)
def test_a_page_that_can_not_be_is_told(shared: Server, query: str) -> None:
    told = problem(shared.http.get(f"/batch/list?{query}"), 422, "request")
    name = query.partition("=")[0]
    assert [one["where"] for one in told["errors"]] == [f"query.{name}"]


@pytest.mark.parametrize("status", JOB_STATUSES)
def test_jobs_may_be_narrowed_to_any_status(shared: Server, half_done: str, status: str) -> None:
    found = shared.get(f"/batch/list?status={status}")["jobs"]
    assert {job["status"] for job in found} <= {status}
    assert (half_done in [job["job_id"] for job in found]) is (status == "completed")


def test_cancelling_stops_a_job_and_a_job_that_is_over_says_so(slow: Server) -> None:
    job_id = slow.job()

    answer = slow.http.post(f"/batch/{job_id}/cancel")

    assert (answer.status_code, answer.json()["cancel_asked"]) == (202, True)
    assert slow.ended(job_id)["status"] == "cancelled"
    told = problem(slow.http.post(f"/batch/{job_id}/cancel"), 409, "conflict")
    assert told["detail"] == f"the job {job_id} is over already (cancelled)"


def test_retry_leaves_out_what_can_not_get_better_and_all_sends_it(
    shared: Server, half_done: str
) -> None:
    told = problem(shared.http.post(f"/batch/{half_done}/retry"), 409, "conflict")
    assert "unsupported_parameter" in told["detail"]
    assert "?all=true" in told["todo"]

    answer = shared.http.post(f"/batch/{half_done}/retry?all=true")

    assert answer.status_code == 202
    sent = {"requests": 1, "parts": [2], "left_out": []}
    how = {"real_time": False, "after_cancelling": False, "at_most_usd": "0"}
    assert answer.json()["retry"] == {**sent, **how}
    ended = shared.ended(half_done)
    assert (ended["part_count"], ended["answered"], ended["failed"]) == (2, 1, 1)


def test_a_job_that_still_runs_is_not_sent_again(slow: Server) -> None:
    told = problem(slow.http.post(f"/batch/{slow.job()}/retry"), 409, "conflict")
    assert "still runs" in told["detail"]


def test_the_names_are_those_of_the_command_line(
    shared: Server, half_done: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    from wellspring_tui.cli.app import main

    with pytest.raises(SystemExit):
        main(["--home", str(shared.home), "status", half_done, "--offline", "--json"])
    printed = json.loads(capfdbinary.readouterr().out)

    shown = shared.get(f"/batch/{half_done}/status")
    assert printed.keys() <= shown.keys()
    common = printed.keys() - {"parts", "timeline"}
    assert {name: shown[name] for name in common} == {name: printed[name] for name in common}
    assert printed["parts"] == shown["parts"]


def test_a_parameter_that_is_not_known_is_told_instead_of_left_unread(shared: Server) -> None:
    told = problem(shared.http.get("/batch/list?stauts=failed"), 422, "request")

    assert told["detail"] == "query.stauts: There is no such parameter"


def test_retry_takes_a_limit_to_what_the_job_may_cost(shared: Server, half_done: str) -> None:
    told = problem(shared.http.post(f"/batch/{half_done}/retry?max_cost=lots"), 400, "input")
    assert "expected dollars such as 2.50, or none" in told["detail"]
    answer = shared.http.post(f"/batch/{half_done}/retry?all=true&max_cost=2.50")
    assert (answer.status_code, answer.json()["max_cost_usd"]) == (202, "2.50")


def test_a_retry_above_the_limit_tells_how_to_raise_it_here() -> None:
    with pytest.raises(RefusalError) as refused, conflicts():
        keep_retry_to(Decimal(1), Estimate(1, 1, Decimal(2), Decimal(4)), "k3x9pq", Money())
    assert refused.value.status == 409
    assert refused.value.todo == "`?max_cost=2.00` raises it."
