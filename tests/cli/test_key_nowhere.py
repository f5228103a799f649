"""A key is sent to its service and is found nowhere else, whatever is done and goes wrong."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.cli.conftest import SAMPLE
from tests.support.file_keyring import variables as keyring_variables
from tests.support.files import jsonl, request
from tests.support.homes import until
from tests.support.scripted import Asked, Reply, ScriptedService, forward, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Outcome, Shell

KEY = "Marker/4711+0815$and^nothing=like.others"
"""It looks like no other key: only who knows it can take it out of a text."""
PLACES = pytest.mark.parametrize("place", ["environment", "keyring"])


@dataclass(slots=True)
class Gossip:
    """A service in front of a real one that repeats the key wherever it can."""

    base_url: str
    refusing: int | None = None
    """The status with which everything but GET is refused."""

    def __call__(self, asked: Asked) -> Reply:
        given = asked.headers.get("authorization", "")
        if self.refusing is not None and (asked.method != "GET" or self.refusing == 401):
            return refusal(self.refusing, f"no: you sent {given} to {asked.target}", given)
        reply = forward(asked, self.base_url)
        return Reply(reply.status, reply.body, {**reply.headers, "x-you-sent": given})


@dataclass(slots=True)
class Heard:
    """All that was said on stdout and stderr, and over HTTP."""

    shell: Shell
    given: dict[str, str]
    words: list[str] = field(default_factory=list)

    def __call__(self, *arguments: str | Path, code: int = 0) -> Outcome:
        """Call the program; it must answer with `code`."""
        done = self.shell.wellspring(*arguments, **self.given)
        assert done.code == code, (arguments, done.stdout, done.stderr)
        self.words += [done.stdout, done.stderr]
        return done

    def asks(self, http: httpx2.Client, method: str, path: str, **others: object) -> int:
        """Ask the REST API something; the status."""
        answer = http.request(method, path, **others)  # type: ignore[arg-type]
        self.words += [answer.text, str(answer.headers)]
        return answer.status_code


@contextmanager
def real_service(shell: Shell) -> Iterator[str]:
    """The built-in service, in a home of its own, as if it were OpenAI's; its base URL."""
    apart = ("--port", "0", "--pace", "0", "--home", shell.folder / "theirs")
    with shell.started("local", *apart) as process:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip()


def use(heard: Heard, gossip: Gossip) -> None:
    """Go the whole way, and every wrong way that comes to mind."""
    heard("check", SAMPLE)
    heard("run", SAMPLE, "-o", "out.json")
    job_id = heard("submit", SAMPLE).stdout.strip()
    heard("watch", job_id)
    heard("results", job_id, "--prompts", "-o", "answers.html")
    heard("status", job_id, "--json")
    heard("adopt")
    heard("doctor")
    heard("config", "--json")
    for status, code in ((400, 1), (401, 3)):
        gossip.refusing = status
        heard("submit", SAMPLE, code=code)
    gossip.refusing = 401
    heard("doctor", "--json", code=3)
    heard("adopt", "batch_1", code=3)
    heard("jobs", "--json")


def use_rest(heard: Heard, gossip: Gossip) -> None:
    """The same over HTTP, and a client that tells us the key where it does not belong."""
    serving = ("serve", "--port", "0", "--json")
    with heard.shell.started(*serving, **heard.given) as server:
        assert server.stdout is not None
        line = server.stdout.readline().decode()
        url = json.loads(line)["url"]
        with httpx2.Client(base_url=url, trust_env=False, timeout=60) as http:
            for path in ("/health", "/batch/list", "/docs", "/openapi.json"):
                assert heard.asks(http, "GET", path) == 200
            prompts = {"json_file_path": "one.jsonl"}
            assert heard.asks(http, "POST", "/batch/submit", json=prompts) == 202
            job = f"/batch/{json.loads(heard.words[-2])['job_id']}"
            until(lambda: http.get(f"{job}/status").json()["collected"], "the answers")
            for path in ("status", "results"):
                assert heard.asks(http, "GET", f"{job}/{path}") == 200
            told = {"headers": {"authorization": f"Bearer {KEY}"}}
            assert heard.asks(http, "GET", "/nowhere", **told) == 404
            assert heard.asks(http, "GET", f"/batch/list?api_key={KEY}", **told) in (200, 422)
            assert heard.asks(http, "GET", f"/batch/{KEY.partition('/')[0]}/status", **told) == 404
            taken = {**prompts, "api_key": KEY}
            assert heard.asks(http, "POST", "/batch/submit", json=taken) == 422
            gossip.refusing = 401
            assert heard.asks(http, "POST", "/batch/submit", json=prompts) == 202
            until(lambda: http.get("/health").json()["status"] == "degraded", "the refusal")
            assert heard.asks(http, "GET", "/health") == 200
            assert "refuses the API key" in heard.words[-2]
        server.terminate()
        stdout, stderr = server.communicate(timeout=60)
    heard.words += [line, stdout.decode(), stderr.decode()]


@contextmanager
def found_nowhere(shell: Shell, place: str) -> Iterator[tuple[Heard, Gossip]]:
    """Somebody with that key; afterwards it must have come to its service and nowhere else."""
    shell.write("one.jsonl", jsonl([request("a")]))
    allowed = shell.write("keyring.json", json.dumps({"wellspring/openai": KEY}))
    given = {"WELLSPRING_SERVICE": "openai", "LOG_LEVEL": "debug", "BATCH_CHECK_INTERVAL": "1"}
    given |= keyring_variables(allowed) if place == "keyring" else {"OPENAI_API_KEY": KEY}
    shell.home.mkdir(mode=0o700)
    # Waiting for a second try would only take time.
    (shell.home / "config.toml").write_text("[services.openai]\nbackoff_seconds = 0.02\n")

    with real_service(shell) as base_url, ScriptedService(gossip := Gossip(base_url)) as service:
        heard = Heard(shell, {**given, "OPENAI_BASE_URL": service.base_url})
        yield heard, gossip

    assert {one.headers["authorization"] for one in service.asked} == {f"Bearer {KEY}"}
    most = KEY[: len(KEY) * 2 // 3]
    assert [said for said in heard.words if most in said] == []
    files = [path for path in shell.folder.rglob("*") if path.is_file() and path != allowed]
    assert any(path.name == "ledger.sqlite" for path in files)
    assert [path for path in files if most.encode() in path.read_bytes()] == []


@PLACES
def test_the_command_line_leaves_the_key_nowhere(shell: Shell, place: str) -> None:
    with found_nowhere(shell, place) as (heard, gossip):
        use(heard, gossip)
    log = (shell.home / "logs" / "wellspring.log").read_text()
    assert " DEBUG " in log
    assert "you sent Bearer [key]" in log


@PLACES
def test_the_rest_api_leaves_the_key_nowhere(shell: Shell, place: str) -> None:
    with found_nowhere(shell, place) as (heard, gossip):
        use_rest(heard, gossip)
    assert (shell.home / "logs" / "serve.log").stat().st_size
