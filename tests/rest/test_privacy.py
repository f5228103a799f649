"""Nothing private is told: no key, no path outside the roots, no traceback, wherever it fails."""

from __future__ import annotations

import shutil
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.rest.conftest import HALF_DONE, Server, problem
from tests.support.files import visual
from tests.support.homes import until
from tests.support.scripted import Asked, Reply, ScriptedService, refusal
from tests.support.small_service import SmallService
from wellspring_tui import errors
from wellspring_tui.private import make_folder
from wellspring_tui.rest.discretion import Discretion
from wellspring_tui.rest.problems import OF_ERRORS, of_error
from wellspring_tui.rest.roots import Roots
from wellspring_tui.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sk-proj-0123456789abcdefghij"
TOKEN = "a-token-of-my-own-0123456789"
WEBHOOK_SECRET = "whsec_c2VjcmV0LW9mLXRoZS13ZWJob29r"


def gossip(asked: Asked) -> Reply:
    """A service that repeats the key it was given."""
    given = asked.headers.get("authorization", "")
    return refusal(400, f"Bad request with {given} from {Path.home()}/batch.py", "invalid_value")


def test_a_service_that_repeats_the_key_is_not_repeated(serve: Callable[..., Server]) -> None:
    with ScriptedService(gossip) as service:
        server = serve(
            OPENAI_API_KEY=KEY,
            OPENAI_BASE_URL=service.base_url,
            OPENAI_WEBHOOK_SECRET=WEBHOOK_SECRET,
            WELLSPRING_TOKEN=TOKEN,
        )
        server.http.headers["authorization"] = f"Bearer {TOKEN}"
        job_id = server.job(service="openai")
        until(lambda: bool(service.asked), "the service to be asked")
        until(lambda: bool(server.get("/health")["troubles"]) or _over(server, job_id), "an end")
        told = [
            server.http.get(path).text
            for path in (
                *("/health", "/batch/list", "/docs", "/openapi.json"),
                *(f"/batch/{job_id}/status", f"/batch/{job_id}/results"),
            )
        ]
        _, said = server.stop()
    everything = "\n".join([*told, said, server.log])
    for secret in (KEY, TOKEN, WEBHOOK_SECRET):
        assert secret not in everything
    assert "Traceback" not in everything


def _over(server: Server, job_id: str) -> bool:
    return bool(server.get(f"/batch/{job_id}/status")["collected"])


def test_a_trouble_with_a_service_is_told_and_its_end_too(
    serve: Callable[..., Server], home: Path
) -> None:
    small = SmallService()
    down = threading.Event()
    down.set()

    def answering(asked: Asked) -> Reply | None:
        return refusal(503, f"down at {Path.home()}") if down.is_set() else small(asked)

    make_folder(home).joinpath("config.toml").write_text(
        "[services.openai]\nbackoff_seconds = 0.02\n", encoding="utf-8"
    )
    with ScriptedService(answering) as service:
        server = serve(OPENAI_API_KEY=KEY, OPENAI_BASE_URL=service.base_url)
        server.job(service="openai")
        until(lambda: server.get("/health")["status"] == "degraded", "the trouble to show")
        (trouble,) = server.get("/health")["troubles"]
        assert trouble["service"] == "openai"
        assert str(Path.home()) not in trouble["what"]
        assert f"openai: {trouble['what']}" in server.log

        down.clear()

        until(lambda: server.get("/health")["status"] == "ok", "the trouble to end")
        assert server.get("/health")["troubles"] == []
        assert "works again: openai" in server.log
        server.stop()


def test_a_defect_is_told_without_a_word_of_the_inside(server: Server) -> None:
    job_id = server.job()
    server.ended(job_id)
    output = server.home / "output" / job_id
    (output / "index.sqlite").write_bytes(b"no index at all" * 1_000)

    answer = server.http.get(f"/batch/{job_id}/results")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    for private in ("Traceback", "sqlite", str(server.home), ".py"):
        assert private not in answer.text
    assert "Traceback" not in server.log
    assert server.get("/batch/list")["total"] == 1


def test_a_disk_that_stands_in_the_way_is_told_without_its_paths(server: Server) -> None:
    job_id = server.job(HALF_DONE)
    server.ended(job_id)
    shutil.rmtree(server.home / "input" / job_id)

    told = problem(server.http.post(f"/batch/{job_id}/retry?all=true"), 500, "storage")

    assert "the input files of this job are gone" in told["detail"]
    assert str(server.home) not in str(told)
    assert str(server.home) not in server.log


def test_an_answer_that_breaks_off_is_seen_to_and_told_nowhere(server: Server) -> None:
    many = visual({"Gardens": {f"prompt {number}": "Say it." for number in range(2_000)}})
    job_id = server.job(many)
    server.ended(job_id)
    (output,) = (server.home / "output" / job_id).glob("*.output.jsonl")
    with output.open("rb+") as file:
        file.truncate(output.stat().st_size // 2)
    output.rename(output.with_name("gone"))

    answer = server.http.get(f"/batch/{job_id}/results")
    problem(answer, 500, "storage")
    assert str(server.home) not in answer.text


def test_the_log_has_a_line_for_each_request_without_its_query(shared: Server) -> None:
    shared.http.get("/batch/list?text=mysecretquery", headers={"authorization": f"Bearer {KEY}"})
    shared.http.get("/%1b]52;c;evil%07/batch")
    assert "GET /batch/list 200" in shared.log
    for private in ("mysecretquery", KEY, "\x1b", "\x07"):
        assert private not in shared.log
    path = shared.home / "logs" / "serve.log"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", OF_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_tree_makes_a_problem(
    kind: type[errors.WellspringError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    home = tmp_path / "home"
    roots = Roots([tmp_path])
    settings = load_settings(home=home)
    discretion = Discretion(settings, roots, [TOKEN])
    error = kind(f"{KEY} and {TOKEN}", where="/etc/secret/file.json", todo=f"Ask {Path.home()}.")

    told = of_error(error, discretion)

    assert 400 <= told.status < 600
    assert told.detail == "file.json: (hidden) and (hidden)"
    assert str(Path.home()) not in str(told.todo)
    roots.close()


def test_all_errors_have_their_kind() -> None:
    def tree(of: type[errors.WellspringError]) -> set[type[errors.WellspringError]]:
        return {of}.union(*(tree(below) for below in of.__subclasses__()))

    own = {one for one in tree(errors.WellspringError) if one.__module__ == errors.__name__}
    assert own == set(OF_ERRORS)
    assert len({kind.slug for kind in OF_ERRORS.values()}) >= len(OF_ERRORS) - 1


def test_a_busy_service_says_when_to_come_back(tmp_path: Path) -> None:
    roots = Roots([tmp_path])
    discretion = Discretion(load_settings(home=tmp_path), roots)
    told = of_error(errors.BusyError("not now", retry_after_seconds=7.2), discretion)
    assert (told.status, told.headers) == (503, {"retry-after": "7"})
    roots.close()
