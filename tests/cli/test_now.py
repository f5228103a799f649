"""`--now`: a few prompts are answered in real time, by the same provider, and charged so."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import SAMPLE, sentence
from tests.local.conftest import LocalService
from tests.support.files import jsonl, request
from tests.support.homes import has_stopped, pid_of_builtin, real_time_folder, until
from tests.support.model_server import ModelServer
from tests.support.provider import KEY, LINE_COST_USD, asking, files_with, variables
from tests.support.proxy import HOST, Proxy, certified

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Shell

PAID = ("--service", "openai")


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """The provider's real-time endpoint: it takes one key, and no batches."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    with ModelServer(folder, "--key", KEY) as server:
        for name, value in variables(server.url).items():
            monkeypatch.setenv(name, value)
        yield server


def until_stopped(shell: Shell) -> None:
    folder = real_time_folder(shell.home)
    until(lambda: has_stopped(shell.home, folder), "the built-in service to stop by itself")


def test_a_job_is_answered_at_once_and_charged_in_real_time(
    shell: Shell, upstream: ModelServer
) -> None:
    shell.write("four.jsonl", asking(range(4), max_tokens=99))

    ran = shell.wellspring("run", "four.jsonl", "--now", *PAID, "-o", "out.json")

    assert ran.code == 0, ran.stderr
    assert "it is answered in real time, for at most ≈ $" in ran.stderr
    assert "is submitted to openai in real time." in ran.stderr
    results = json.loads((shell.folder / "out.json").read_bytes())
    assert results["answered"] == 4
    assert "An answer to ask-2" in json.dumps(results)
    assert sorted(upstream.asked()) == [f"ask-{n}" for n in range(4)]
    told = shell.json("status", results["job_id"])
    assert Decimal(told["cost_usd"]) == 4 * Decimal(LINE_COST_USD)
    assert (told["service"], told["part_count"], told["real_time_parts"]) == ("openai", 1, 1)
    assert [part["real_time"] for part in told["parts"]] == [True]
    usage = shell.json("usage")["total"]
    assert usage["cost_usd"] == usage["real_time_cost_usd"] == told["cost_usd"]
    assert usage["saved_usd"] == "0"
    shown = shell.wellspring("status", results["job_id"]).stdout
    assert re.search(r"^  Service +openai in real time$", shown, re.MULTILINE)
    assert re.search(r"^ +1 +completed +in real time +4/0/4 ", shown, re.MULTILINE)


def test_the_key_is_in_no_file_no_log_and_no_list_of_processes(
    shell: Shell, upstream: ModelServer
) -> None:
    shell.write("slow.jsonl", asking([1], seconds=1.0))

    with shell.started("run", "slow.jsonl", "--now", *PAID, LOG_LEVEL="DEBUG") as run:
        until(lambda: upstream.asked() == ["ask-1"], "the provider to be asked")
        pid = pid_of_builtin(shell.home, real_time_folder(shell.home))
        listed = subprocess.run(
            ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, check=True
        )
        command = listed.stdout.decode()
        run.communicate()

    assert run.returncode == 0
    assert "wellspring_tui.local" in command
    assert KEY not in command
    assert upstream.url.removeprefix("http://") not in command
    assert upstream.notes()[0] == f"asked ask-1 Bearer {KEY}"
    until_stopped(shell)
    assert files_with(KEY, shell.home) == []


def test_a_wrong_key_buys_nothing_and_loses_nothing(shell: Shell, upstream: ModelServer) -> None:
    shell.write("two.jsonl", asking(range(2)))
    wrong = "sk-somebodys-key-0123456789abcd"

    refused = shell.wellspring("run", "two.jsonl", "--now", *PAID, OPENAI_API_KEY=wrong)

    assert refused.code == 3
    assert "127.0.0.1 refuses the API key (Incorrect API key: Bearer [key])" in refused.stderr
    assert not any(note.startswith("answered") for note in upstream.notes())
    (job,) = shell.json("jobs")
    assert (job["collected"], job["answered"], job["failed"]) == (False, 0, 0)
    # Its service waits, and gives way to one with a key that is taken.
    watched = shell.wellspring("watch", job["job_id"])
    assert watched.code == 0, watched.stderr
    assert json.loads(watched.stdout)["answered"] == 2
    until_stopped(shell)
    assert files_with(wrong, shell.home) == []


def test_without_a_key_the_lines_wait_and_say_for_what(shell: Shell, upstream: ModelServer) -> None:
    shell.write("two.jsonl", asking(range(2), seconds=30.0))
    submitted = shell.wellspring("submit", "two.jsonl", "--now", *PAID)
    job_id = submitted.stdout.strip()
    until(lambda: len(upstream.asked()) == 2, "the provider to be asked")
    os.kill(pid_of_builtin(shell.home, real_time_folder(shell.home)) or 0, signal.SIGKILL)
    until_stopped(shell)

    watched = shell.wellspring("watch", job_id, OPENAI_API_KEY="")

    assert watched.code == 3
    assert "there is no API key for the service openai" in watched.stderr
    assert has_stopped(shell.home, real_time_folder(shell.home))
    told = shell.json("status", job_id, "--offline")
    assert (told["collected"], told["failed"], told["missing"]) == (False, 0, 2)


def test_killed_in_the_middle_it_goes_on_and_asks_no_stored_line_again(
    shell: Shell, upstream: ModelServer
) -> None:
    quick, slow = asking(range(6)), asking(range(6, 8), seconds=2.0)
    shell.write("mixed.jsonl", quick + slow)
    folder: list[Path] = []

    with shell.started("run", "mixed.jsonl", "--now", *PAID) as run:
        until(lambda: len(upstream.asked()) == 8, "all to be asked")
        folder.append(real_time_folder(shell.home))
        (job,) = shell.json("jobs")
        stored = _stored(folder[0])
        until(lambda: len(_stored(folder[0])) == 6, f"six answers to be stored, not {stored}")
        run.kill()
        run.wait()
    os.kill(pid_of_builtin(shell.home, folder[0]) or 0, signal.SIGKILL)
    until_stopped(shell)

    watched = shell.wellspring("watch", job["job_id"])

    assert watched.code == 0, watched.stderr
    assert json.loads(watched.stdout)["answered"] == 8
    asked = upstream.asked()
    assert [asked.count(f"ask-{n}") for n in range(6)] == [1] * 6
    assert [asked.count(f"ask-{n}") for n in (6, 7)] == [2, 2]  # they were under way
    assert len(shell.json("status", job["job_id"])["parts"]) == 1


def _stored(folder: Path) -> list[Any]:
    """The answers that the built-in service has on disk while it works."""
    raw = b"".join(path.read_bytes() for path in folder.glob("batches/*/output*"))
    return [line for line in raw.split(b"\n") if line]


def test_after_ctrl_c_it_goes_on_by_itself(shell: Shell, upstream: ModelServer) -> None:
    shell.write("slow.jsonl", asking(range(3), seconds=1.5))
    with shell.started("run", "slow.jsonl", "--now", *PAID) as run:
        until(lambda: len(upstream.asked()) == 3, "all to be asked")
        run.send_signal(signal.SIGINT)
        _, said = run.communicate()
    assert run.returncode == 130
    assert b"the job" in said
    (job,) = shell.json("jobs")
    until_stopped(shell)  # once all is answered

    watched = shell.wellspring("watch", job["job_id"])

    assert watched.code == 0
    assert len(upstream.asked()) == 3


def test_more_than_a_few_are_sent_too_and_the_limit_is_that_of_the_real_price(
    shell: Shell, upstream: ModelServer
) -> None:
    shell.write("many.jsonl", asking(range(30), max_tokens=1000))
    checked = shell.json("check", "many.jsonl", "--now", *PAID)
    batch, real_time = (Decimal(checked["cost"][name]) for name in ("batch_usd", "real_time_usd"))
    assert checked["cost"]["now"]
    assert real_time == 2 * batch
    between = str((batch + real_time) / 2)

    refused = shell.wellspring("submit", "many.jsonl", "--now", *PAID, "--max-cost", between)
    assert refused.code == 2
    assert "more than the limit" in refused.stderr
    assert upstream.asked() == []

    ran = shell.wellspring("run", "many.jsonl", "--now", *PAID, "-o", "out.json")
    assert ran.code == 0, ran.stderr
    assert len(upstream.asked()) == 30


def test_what_can_only_be_asked_in_a_batch_is_refused(shell: Shell, upstream: ModelServer) -> None:
    shell.write("odd.jsonl", jsonl([request("a", "/v1/ocr")]))
    refused = shell.wellspring("submit", "odd.jsonl", "--now", *PAID)
    assert refused.code == 2
    assert "/v1/ocr can't be asked in real time. Send it as a batch" in sentence(refused)
    assert shell.json("jobs") == []
    assert not (shell.home / "real-time").exists()


def test_the_built_in_service_answers_at_once_anyway(shell: Shell, upstream: ModelServer) -> None:
    ran = shell.wellspring("run", SAMPLE, "--now", "-o", "out.json")
    assert ran.code == 0, ran.stderr
    assert "the built-in service answers at once anyway; --now changes nothing." in ran.stderr
    (job,) = shell.json("jobs")
    assert (job["real_time_parts"], job["cost_usd"]) == (0, "0")
    assert upstream.asked() == []


def test_simulated_and_paid_jobs_run_side_by_side_and_never_mix(
    shell: Shell, upstream: ModelServer
) -> None:
    shell.write("paid.jsonl", asking(range(2), seconds=1.0))
    shell.write("free.jsonl", asking(range(10, 14)))
    paid = shell.wellspring("submit", "paid.jsonl", "--now", *PAID).stdout.strip()
    free = shell.wellspring("submit", "free.jsonl", "--service", "local").stdout.strip()

    results = {job: shell.wellspring("watch", job, "-q").stdout for job in (paid, free)}

    assert sorted(upstream.asked()) == ["ask-0", "ask-1"]
    assert "An answer to ask-0" in results[paid]
    assert "An answer to" not in results[free]
    costs = {job["job_id"]: Decimal(job["cost_usd"]) for job in shell.json("jobs")}
    assert costs == {paid: 2 * Decimal(LINE_COST_USD), free: Decimal(0)}


@pytest.fixture
def slow_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """A provider of batches, in front of what counts its work, which answers in real time too."""
    folder = tmp_path / "model"
    folder.mkdir()
    with ModelServer(folder) as model:
        service = LocalService(tmp_path / "provider", "--port", "0", "--model-server", model.url)
        for name, value in variables(service.root).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("BATCH_CHECK_INTERVAL", "1")
        yield model
        service.stop()


def test_a_slow_batch_is_finished_now_and_no_answer_is_bought_again(
    shell: Shell, slow_provider: ModelServer
) -> None:
    # The first time it is asked, the provider never answers two of them.
    stuck = jsonl(request(f"ask-{n}", user=f"ask-{n}", faults=["hang"]) for n in (4, 5))
    shell.write("six.jsonl", asking(range(4)) + stuck)
    job_id = shell.wellspring("submit", "six.jsonl", *PAID).stdout.strip()
    until(lambda: shell.json("status", job_id)["answered"] == 4, "four answers")

    asked = shell.wellspring("retry", job_id, "--now")

    assert asked.code == 0, asked.stderr
    assert f"the batches of {job_id} are cancelled first; their answers are kept." in asked.stderr
    assert "answered in real time, at a price that is unknown as it stands" in asked.stderr
    with shell.started("watch", job_id) as watching:
        until(lambda: shell.json("status", job_id)["status"] == "cancelling", "the cancelling")
        watching.kill()
    watched = shell.wellspring("watch", job_id)
    assert watched.code == 0, watched.stderr
    assert json.loads(watched.stdout)["answered"] == 6
    assert Counter(slow_provider.asked()) == {f"ask-{n}": 1 if n < 4 else 2 for n in range(6)}
    told = shell.json("status", job_id)
    assert [part["real_time"] for part in told["parts"]] == [False, True]
    assert [part["requests"] for part in told["parts"]] == [4, 2]
    # Four at half the price, two at the whole.
    assert Decimal(told["cost_usd"]) == 4 * Decimal(LINE_COST_USD)


def test_through_a_proxy_it_goes_on_once_that_is_named_right(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a company network; the password of the proxy stays in the environment."""
    shell.write("two.jsonl", asking(range(2)))
    shown, authority = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with (
        ModelServer(tmp_path, "--key", KEY, "--tls", str(shown)) as far,
        Proxy("me:s3cret-of-proxy") as proxy,
    ):
        for name, value in variables(f"https://{HOST}:{far.url.rpartition(':')[2]}").items():
            monkeypatch.setenv(name, value)
        wrong = f"http://me:wr0ng-of-proxy@{proxy.address}"
        with shell.started("run", "two.jsonl", "--now", *PAID, HTTPS_PROXY=wrong) as run:
            said = run.stderr
            assert said is not None
            until(
                lambda: b"refuses the user and password in HTTPS_PROXY" in said.readline(),
                "the proxy to be named",
            )
            (job,) = shell.json("jobs")

        right = f"http://me:s3cret-of-proxy@{proxy.address}"
        watched = shell.wellspring("watch", job["job_id"], HTTPS_PROXY=right, LOG_LEVEL="DEBUG")

        assert watched.code == 0, watched.stderr
        assert json.loads(watched.stdout)["answered"] == 2
        assert sorted(far.asked()) == ["ask-0", "ask-1"]
    until_stopped(shell)
    assert files_with("-of-proxy", shell.home) == []
