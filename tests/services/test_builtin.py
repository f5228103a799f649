"""The built-in service comes when it is needed, is shared, and goes when nobody needs it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.support.homes import has_stopped, pid_of_builtin, until
from tests.support.model_server import ModelServer
from wellspring_tui.errors import BusyError, RefusedError, StorageError
from wellspring_tui.service_profiles import ServiceProfile
from wellspring_tui.services.builtin import BuiltinService, refuse_without_model
from wellspring_tui.services.client import Service
from wellspring_tui.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path


def builtin(home: Path) -> BuiltinService:
    """A face's hold on the built-in service of a home."""
    return BuiltinService(home / "local", pace_seconds=0.0)


def test_it_is_started_once_and_found_by_the_next_face(home: Path) -> None:
    first, second = builtin(home), builtin(home)
    assert first.running() is None
    url = first.base_url()
    assert url.startswith("http://127.0.0.1:")
    pid = pid_of_builtin(home)
    assert first.base_url() == second.base_url() == url
    assert pid_of_builtin(home) == pid
    first.release()
    second.release()


def test_it_stays_while_one_face_holds_it_and_goes_with_the_last(home: Path) -> None:
    first, second = builtin(home), builtin(home)
    url = first.base_url()
    second.base_url()
    first.release()
    assert second.base_url() == url
    assert not has_stopped(home)
    second.release()
    until(lambda: has_stopped(home), "the service to stop by itself")
    assert second.running() is None
    assert not (home / "local" / "service.json").exists()


def test_it_is_started_again_after_it_was_killed(home: Path) -> None:
    face = builtin(home)
    face.base_url()
    killed = pid_of_builtin(home)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    until(lambda: has_stopped(home), "the killed service to be gone")
    assert face.running() is None
    face.base_url()
    assert pid_of_builtin(home) not in (None, killed)
    assert face.running() is not None
    face.release()


def test_faces_that_start_at_the_same_moment_share_one(home: Path) -> None:
    faces = [builtin(home) for _ in range(3)]
    together = threading.Barrier(len(faces))
    urls: list[str] = []

    def start(face: BuiltinService) -> None:
        together.wait()
        urls.append(face.base_url())

    threads = [threading.Thread(target=start, args=(face,)) for face in faces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(urls) == len(faces)
    assert len(set(urls)) == 1
    for face in faces:
        face.release()


@pytest.mark.parametrize(
    "written",
    [
        json.dumps({"pid": 1, "base_url": "http://127.0.0.1:9/v1"}).encode(),
        b'{"pid": 1',
        b"",
        b"[]",
        b'{"pid": "one", "base_url": 7}',
    ],
    ids=["nobody there", "half", "empty", "list", "wrong types"],
)
def test_a_note_that_a_dead_service_left_is_not_believed(home: Path, written: bytes) -> None:
    folder = home / "local"
    folder.mkdir(parents=True)
    (folder / "service.json").write_bytes(written)
    assert builtin(home).running() is None


def test_a_home_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="the folder can't be made"):
        builtin(tmp_path / "file").base_url()


def test_it_can_be_wanted_again_while_it_is_stopping(home: Path) -> None:
    for pause in (0.0, 0.1, 0.2, 0.25, 0.3):
        builtin = BuiltinService(home / "local", 0.0)
        service = Service(builtin.base_url(), "built-in")
        assert list(service.batches()) == []
        service.close()
        builtin.release()
        time.sleep(pause)  # it looks five times a second whether anybody needs it


def test_jobs_for_one_answerer_never_go_to_another(home: Path) -> None:
    simulated, other = ServiceProfile("local"), ServiceProfile("local", model_server="http://x")
    first = BuiltinService(home / "local", 0.0, simulated)
    url = first.base_url()
    second = BuiltinService(home / "local", 0.0, other)
    with pytest.raises(BusyError, match=r"still at work with other answers \(simulated\)"):
        second.base_url()
    assert first.base_url() == url
    first.release()
    until(lambda: has_stopped(home), "the service to stop by itself")
    assert second.base_url()
    second.release()


def test_a_model_that_is_not_there_is_said_at_once(home: Path) -> None:
    profile = ServiceProfile("tiny", small_model="/nowhere/tiny.gguf")
    service = BuiltinService(home / "local", 0.0, profile)
    with pytest.raises(RefusedError, match=r"no small model can run here|neither smollm2 nor a"):
        service.base_url()
    with pytest.raises(RefusedError, match=r"no small model can run here|neither smollm2 nor a"):
        refuse_without_model(profile)


def test_a_model_server_of_the_settings_answers(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_KEY", "open-sesame")
    with ModelServer(tmp_path) as server:
        home.mkdir(exist_ok=True)
        (home / "config.toml").write_text(
            f"[services.local]\nmodel_server = {json.dumps(server.url)}\n"
            'model_server_key_variable = "TINY_KEY"\n'
        )
        settings = load_settings(home=home, service="local")
        face = BuiltinService(
            home / "local", 0.0, settings.profile(), environment=settings.environment
        )
        with httpx2.Client(base_url=face.base_url(), trust_env=False) as client:
            client.headers["authorization"] = "Bearer anything"
            body = {"model": "tiny", "messages": [], "user": "me"}
            answer = client.post("/chat/completions", json=body)
        assert "An answer to me" in answer.text
        assert server.notes()[0] == "asked me Bearer open-sesame"
        face.release()
