"""`retry`, `adopt` and `import`, as a person calls them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SAMPLE, sentence
from tests.support.files import CHAT, answer, encoded, expired, jsonl, request

if TYPE_CHECKING:
    from tests.cli.conftest import Shell


@pytest.fixture
def half_done(shell: Shell) -> str:
    """A job with an answer and a request with a bad parameter."""
    good, bad = (
        request("good", CHAT, "o3-mini"),
        request("bad", CHAT, "o3-mini", max_tokens=20),
    )
    shell.write("requests.jsonl", jsonl([good, bad]))
    ran = shell.wellspring("run", "requests.jsonl", "-q")
    assert ran.code == 1
    return str(json.loads(ran.stdout)["job_id"])


def test_retry_names_what_can_not_get_better_and_sends_nothing(
    shell: Shell, half_done: str
) -> None:
    refused = shell.wellspring("retry", half_done)
    assert refused.code == 2
    said = sentence(refused)
    assert f"nothing of the job {half_done} can get better: 1 × unsupported_parameter" in said
    assert "`retry --all`" in said
    assert shell.json("status", half_done)["part_count"] == 1


def test_retry_all_sends_it_all_the_same_and_prints_the_id(shell: Shell, half_done: str) -> None:
    done = shell.wellspring("retry", half_done, "--all")
    assert (done.code, done.stdout) == (0, f"{half_done}\n")
    assert f"1 request goes again, as part 2 of {half_done}." in done.stderr
    watched = shell.wellspring("watch", half_done, "-q")
    assert watched.code == 1
    results = json.loads(watched.stdout)
    assert (results["answered"], results["failed"]) == (1, 1)
    assert len(results["batch_ids"]) == 2


def test_retry_keeps_to_what_the_job_may_cost_in_all(shell: Shell) -> None:
    with shell.started("local", "--port", "0") as service:
        assert service.stdout is not None
        openai = {
            "WELLSPRING_SERVICE": "openai",
            "OPENAI_API_KEY": "sk-test",
            "BATCH_CHECK_INTERVAL": "1",
            "OPENAI_BASE_URL": service.stdout.readline().decode().strip(),
        }
        asked = [request("a", CHAT, "o3-mini", max_completion_tokens=20)]
        shell.write("dear.jsonl", jsonl([*asked, request("b", CHAT, "o3-mini", max_tokens=20)]))
        ran = shell.wellspring("run", "dear.jsonl", "-q", "--max-cost", "0.0002", **openai)
        job_id = json.loads(ran.stdout)["job_id"]

        refused = shell.wellspring("retry", job_id, "--all", "--max-cost", "0.00001", **openai)
        assert refused.code == 2
        said = sentence(refused)
        assert f"the job {job_id} has cost $0.0000" in said
        assert "above its limit of $0.000010" in said
        assert (
            "Max cost    $0.000200, retries included" in shell.wellspring("status", job_id).stdout
        )

        raised = shell.wellspring("retry", job_id, "--all", "--max-cost", "1", **openai)
        assert raised.code == 0
        assert shell.json("status", job_id, "--offline")["max_cost_usd"] == "1"


def test_retry_as_json_tells_what_went_and_what_stayed(shell: Shell) -> None:
    job_id = shell.wellspring("submit", SAMPLE, "-q", WELLSPRING_PACE="30").stdout.strip()
    running = shell.wellspring("retry", job_id)
    assert running.code == 2
    assert "still runs" in sentence(running)
    shell.wellspring("cancel", job_id)
    watched = json.loads(shell.wellspring("watch", job_id, "-q").stdout)
    left = watched["failed"] + watched["missing"]

    told = shell.json("retry", job_id)

    sent = {"requests": left, "parts": [2], "left_out": []}
    how = {"real_time": False, "after_cancelling": False, "at_most_usd": "0"}
    assert told["retry"] == {**sent, **how}
    assert (told["job_id"], told["requests"]) == (job_id, 9)


def test_adopt_prints_a_job_for_every_batch_that_watch_takes(shell: Shell, half_done: str) -> None:
    batch_id = shell.json("status", half_done)["parts"][0]["batch_id"]
    known = shell.wellspring("adopt", batch_id)
    assert known.code == 2
    assert sentence(known) == f"the batch {batch_id} belongs to the job {half_done} already"
    # In a home with another ledger, the same service's batch is a stranger's.
    (shell.home / "ledger.sqlite").unlink()
    for beside in shell.home.glob("ledger.sqlite-*"):
        beside.unlink()

    adopted = shell.wellspring("adopt", batch_id)

    assert adopted.code == 0
    job_id = adopted.stdout.strip()
    assert f"{job_id} is {batch_id}: completed, 1 of 2 answered, 1 failed." in adopted.stderr
    results = json.loads(shell.wellspring("watch", job_id, "-q").stdout)
    assert results["batch_ids"] == [batch_id]
    missing = shell.wellspring("adopt", "batch_00000000")
    assert missing.code == 2
    assert "has no batch" in sentence(missing)


def test_import_prints_a_job_whose_results_are_there_at_once(shell: Shell) -> None:
    shell.write("output.jsonl", encoded(answer("a"), answer("b")))
    shell.write("errors.jsonl", encoded(expired("c")))
    shell.write("input.jsonl", jsonl(request(own_id) for own_id in "abcd"))

    plain = shell.wellspring("import", "output.jsonl", "--name", "Kept")
    whole = shell.wellspring(
        "import", "output.jsonl", "--errors", "errors.jsonl", "--input", "input.jsonl"
    )

    job_id = plain.stdout.strip()
    assert (plain.code, whole.code) == (0, 1)
    assert f"{job_id} completed: 2 answered, 0 failed, 0 missing; 30 tokens" in plain.stderr
    assert "expired: 2 answered, 1 failed, 1 missing" in whole.stderr
    assert [job["name"] for job in shell.json("jobs")] == ["output", "Kept"]
    results = json.loads(shell.wellspring("results", job_id).stdout)
    assert list(results["results_by_section"]["Requests"]) == ["a", "b"]
    status = shell.wellspring("status", job_id)
    assert status.code == 0
    assert "result files" in status.stdout
    assert shell.wellspring("import", "output.jsonl", "--json", "-q").stdout.startswith("{")


def test_import_refuses_what_is_no_result_file_in_a_sentence(shell: Shell) -> None:
    shell.write("input.jsonl", request("a") + b"\n")
    refused = shell.wellspring("import", "input.jsonl")
    assert refused.code == 2
    assert "these are requests, not results" in sentence(refused)
