"""What goes wrong on purpose, for people who test their own programs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import openai
import pytest
from click.testing import CliRunner

from tests.local.conftest import jsonl, request_line
from tests.local.test_process import start_in_vain
from wellspring_tui.cli.commands.local import local
from wellspring_tui.local.scenarios import TABLE, ScenarioError, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openai.types import Batch

    from tests.local.conftest import LocalService


def ended(service: LocalService, scenario: str, lines: int = 10) -> Batch:
    """A batch of so many lines at its end."""
    return service.until_ended(service.submit(map(request_line, range(lines)), scenario=scenario))


def custom_ids(service: LocalService, file_id: str | None) -> list[str]:
    return sorted(line["custom_id"] for line in service.lines(file_id))


def named(*numbers: int) -> list[str]:
    return [f"request-{number}" for number in numbers]


def counts(batch: Batch) -> tuple[int, int, int]:
    assert batch.request_counts is not None
    return (
        batch.request_counts.total,
        batch.request_counts.completed,
        batch.request_counts.failed,
    )


def test_lines_fail_with_the_status_asked_for(shared_service: LocalService) -> None:
    batch = ended(shared_service, "fail:3:500, fail:5-6:429")

    assert (batch.status, counts(batch)) == ("completed", (10, 7, 3))
    failed = {
        line["custom_id"]: line["response"] for line in shared_service.lines(batch.error_file_id)
    }
    assert {name: response["status_code"] for name, response in failed.items()} == {
        "request-2": 500,
        "request-4": 429,
        "request-5": 429,
    }
    assert failed["request-2"]["body"]["error"]["type"] == "server_error"
    assert failed["request-2"]["body"]["error"]["code"] == "scenario"


def test_all_lines_can_fail(shared_service: LocalService) -> None:
    batch = ended(shared_service, "fail:all:400")

    assert (batch.status, batch.output_file_id, counts(batch)) == ("completed", None, (10, 0, 10))


def test_lines_can_be_missing_from_the_results(shared_service: LocalService) -> None:
    batch = ended(shared_service, "omit:1,omit:9-10")

    assert (batch.status, counts(batch)) == ("completed", (10, 7, 0))
    assert custom_ids(shared_service, batch.output_file_id) == named(1, 2, 3, 4, 5, 6, 7)
    assert batch.error_file_id is None


def test_a_batch_can_expire_halfway(shared_service: LocalService) -> None:
    batch = ended(shared_service, "expire")

    assert (batch.status, counts(batch)) == ("expired", (10, 5, 0))
    assert batch.expires_at is not None
    assert batch.expired_at is not None
    assert batch.expires_at <= batch.expired_at
    answered = custom_ids(shared_service, batch.output_file_id)
    rest = custom_ids(shared_service, batch.error_file_id)
    assert (len(answered), sorted(answered + rest)) == (5, named(*range(10)))


def test_a_batch_can_stall_and_be_cancelled_meanwhile(shared_service: LocalService) -> None:
    created = shared_service.submit(map(request_line, range(10)), scenario="stall:3600")
    stalled = shared_service.until(created, lambda now: counts(now)[1] == 5)
    assert stalled.status == "in_progress"

    batch = shared_service.until_ended(shared_service.openai.batches.cancel(created.id))

    assert (batch.status, counts(batch)) == ("cancelled", (10, 5, 0))


def test_a_stalled_batch_goes_on(shared_service: LocalService) -> None:
    batch = ended(shared_service, "stall:0.2")

    assert (batch.status, counts(batch)) == ("completed", (10, 10, 0))


def test_a_batch_can_be_slower_than_all_others(shared_service: LocalService) -> None:
    slow = shared_service.submit([request_line(1)], scenario="slow:3600")

    ended(shared_service, "slow:0")

    assert shared_service.openai.batches.retrieve(slow.id).status == "validating"
    shared_service.openai.batches.cancel(slow.id)


def test_the_queue_can_be_full_for_the_first_batches_of_a_file(
    shared_service: LocalService,
) -> None:
    file = shared_service.upload(jsonl([request_line(1)]))

    batches = [
        shared_service.until_ended(shared_service.create(file.id, scenario="queue-full:2"))
        for _ in range(3)
    ]

    assert [batch.status for batch in batches] == ["failed", "failed", "completed"]
    assert batches[0].errors is not None
    assert batches[0].errors.data is not None
    assert batches[0].errors.data[0].code == "token_limit_exceeded"


def test_the_input_file_can_be_lost(shared_service: LocalService) -> None:
    batch = ended(shared_service, "lose:input")

    assert batch.status == "failed"
    assert batch.errors is not None
    assert batch.errors.data is not None
    assert str(batch.errors.data[0].message).startswith("Cannot find file")
    assert shared_service.openai.files.retrieve(batch.input_file_id).status == "processed"


@pytest.mark.parametrize("kind", ["output", "error"])
def test_a_result_file_can_be_lost(shared_service: LocalService, kind: str) -> None:
    batch = ended(shared_service, f"fail:1:500,lose:{kind}")

    assert batch.status == "completed"
    results = {"output": batch.output_file_id, "error": batch.error_file_id}
    lost = results.pop(kind)
    [kept] = results.values()
    assert lost is not None
    assert shared_service.lines(kept)
    with pytest.raises(openai.NotFoundError):
        shared_service.openai.files.content(lost)


def test_the_flag_is_for_batches_that_say_nothing(start: Callable[..., LocalService]) -> None:
    service = start("--pace", "0", "--scenario", "fail:all:503")

    silent = service.until_ended(service.submit(map(request_line, range(3))))
    own = ended(service, "fail:1:400", lines=3)

    assert (counts(silent), counts(own)) == ((3, 0, 3), (3, 2, 1))


def test_a_killed_service_remembers_what_was_to_happen(
    start: Callable[..., LocalService],
) -> None:
    first = start("--pace", "0")
    batch = first.submit(map(request_line, range(10)), scenario="stall:3600,fail:all:500")
    first.until(batch, lambda now: counts(now)[2] == 5)
    first.kill()

    second = start("--pace", "0")
    second.until(batch, lambda now: now.status == "in_progress")
    later = second.until_ended(second.openai.batches.cancel(batch.id))

    assert counts(later) == (10, 0, 5)


WRONG = [
    "",
    "fail",
    "fail:0:500",
    "fail:3:200",
    "fail:3:600",
    "fail:3:5OO",
    "fail:7-3:500",
    "fail:3-:500",
    "fail:all",
    "stall:soon",
    "stall:-1",
    "stall:1:completed",
    "stall:99999999",
    "slow:١",
    "expire:5",
    "queue-full:0",
    "lose:everything",
    "lose:output:2",
    "fail:3:500,",
    "explode",
    "refuse:everything",
    "refuse:cancel:2",
    "status:",
    "separators:1",
]


def test_a_download_is_refused_for_a_while(shared_service: LocalService) -> None:
    batch = ended(shared_service, "refuse:content:2")
    assert batch.output_file_id is not None
    for _ in range(2):
        with pytest.raises(openai.InternalServerError) as refused:
            shared_service.openai.files.content(batch.output_file_id)
        assert refused.value.status_code == 502
    assert len(shared_service.lines(batch.output_file_id)) == 10
    assert batch.input_file_id is not None
    assert len(shared_service.lines(batch.input_file_id)) == 10


def test_a_batch_can_refuse_to_be_cancelled(shared_service: LocalService) -> None:
    batch = shared_service.submit(map(request_line, range(4)), scenario="refuse:cancel,stall:1")
    running = shared_service.until(batch, lambda now: now.status == "in_progress")
    with pytest.raises(openai.ConflictError, match="Cannot cancel a batch with status"):
        shared_service.openai.batches.cancel(running.id)
    assert shared_service.until_ended(running).status == "completed"


def test_a_batch_can_have_a_status_that_nobody_knows(shared_service: LocalService) -> None:
    lenient = shared_service.http
    batch = shared_service.submit(map(request_line, range(4)), scenario="status:paused,stall:2")
    url = f"{shared_service.base_url}/batches"

    def shown(answer: dict[str, str]) -> str:
        return answer["status"]

    while shown(lenient.get(f"{url}/{batch.id}").json()) != "paused":
        time.sleep(0.02)
    listed = {one["id"]: one for one in lenient.get(url).json()["data"]}
    assert shown(listed[batch.id]) == "paused"
    lenient.post(f"{url}/{batch.id}/cancel")
    while shown(lenient.get(f"{url}/{batch.id}").json()) != "cancelled":
        time.sleep(0.02)


def test_answers_can_hold_breaks_that_end_no_line(shared_service: LocalService) -> None:
    batch = ended(shared_service, "separators", lines=3)
    assert batch.output_file_id is not None
    content = shared_service.openai.files.content(batch.output_file_id).content
    assert len(content.decode().splitlines()) > 3
    for line in shared_service.lines(batch.output_file_id):
        text = line["response"]["body"]["choices"][0]["message"]["content"]
        assert text.endswith("\u2028\u2029\x85\x0b\x0c")


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_rule_is_refused_when_the_batch_is_created(
    shared_service: LocalService, text: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        shared_service.openai.batches.create(
            input_file_id="file-1",
            endpoint="/v1/chat/completions",
            completion_window="24h",
            metadata={"scenario": text},
        )

    body = refusal.value.body
    assert isinstance(body, dict)
    assert (body["param"], body["code"]) == ("metadata.scenario", "invalid_value")
    assert body["message"].startswith("Invalid scenario: ")
    assert "queue-full[:TIMES]" in body["message"]


def test_a_wrong_flag_is_said_before_anything_starts(tmp_path: Path) -> None:
    refused = start_in_vain(tmp_path / "service", "--scenario", "explode")

    assert refused.returncode == 2
    assert "'explode' is no rule" in refused.stderr
    assert not (tmp_path / "service").exists()


def test_the_table_is_in_the_help_and_every_rule_of_it_can_be_read() -> None:
    shown = CliRunner().invoke(local, ["--help"]).stdout
    rules = [line.split("  ")[0] for line in TABLE.split("\n\n")[0].split("\n")]

    for rule in rules:
        assert rule in shown
        plain = rule.replace("LINES", "2-4").replace("STATUS", "500").replace("SECONDS", "1.5")
        parse(plain.partition("[")[0])
        parse(plain.replace("[:TIMES]", ":2").replace("[:STATE]", ":finalizing"))
    with pytest.raises(ScenarioError, match="'fail' is no rule"):
        parse("fail")
