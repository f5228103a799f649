"""However the dashboard is left, the terminal is the shell's again, and the job goes on."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.terminals import SWITCHED, in_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.wellspring import Wellspring


@contextmanager
def _silent_service(home: Path) -> Iterator[threading.Event]:
    """A service that takes connections and never answers; the event tells of the first."""
    asked = threading.Event()
    kept: list[socket.socket] = []

    def listen() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            kept.append(connection)
            asked.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        home.mkdir(exist_ok=True)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        (home / "config.toml").write_text(
            f'service = "mute"\n[services.mute]\nbase_url = "{url}"\n'
        )
        threading.Thread(target=listen, daemon=True).start()
        yield asked
        for connection in kept:
            connection.close()
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("way", ["q", "ctrl+q"])
def test_quitting_leaves_the_terminal_clean(tmp_path: Path, home: Path, way: str) -> None:
    with in_terminal("--home", str(home), "demo", folder=tmp_path) as terminal:
        terminal.until_shown("No jobs yet")
        terminal.press(way)
        assert terminal.until_gone() == 0
        assert terminal.left_clean() == []
        assert all(on in terminal.written for on, _ in SWITCHED.values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_leaves_the_terminal_clean(
    tmp_path: Path, home: Path, number: signal.Signals
) -> None:
    with in_terminal("--home", str(home), "demo", folder=tmp_path) as terminal:
        terminal.until_shown("No jobs yet")
        terminal.signal(number)
        assert terminal.until_gone() == 128 + number
        assert terminal.left_clean() == []


def test_suspending_gives_the_terminal_back_and_resuming_paints_again(
    tmp_path: Path, home: Path
) -> None:
    with in_terminal("--home", str(home), "demo", folder=tmp_path) as terminal:
        terminal.until_shown("No jobs yet")
        terminal.press("ctrl+z")
        terminal.until(lambda: terminal.left_clean() == [], "the terminal to be given back")
        before = len(terminal.written)
        terminal.signal(signal.SIGCONT)
        terminal.until(lambda: b"No jobs yet" in terminal.written[before:], "the dashboard again")
        terminal.press("q")
        assert terminal.until_gone() == 0
        assert terminal.left_clean() == []


def test_a_terminal_resized_all_the_time_stays_readable(
    tmp_path: Path, home: Path, wellspring: Wellspring, prompts_path: Path
) -> None:
    wellspring.submit(prompts_path, wellspring.request_options())
    with in_terminal("--home", str(home), "--service", "local", folder=tmp_path) as terminal:
        terminal.until_shown("completed")
        terminal.press("enter")
        terminal.until_shown("4 answered")
        for step in range(40):
            terminal.resize(40 + step * 3, 10 + step)
            terminal.read()
        terminal.resize(80, 24)
        terminal.until_shown("4 answered", "Simulated by")
        terminal.press("escape")
        terminal.until_shown("Jobs")
        terminal.press("q")
        assert terminal.until_gone() == 0
        assert terminal.left_clean() == []


def test_a_service_that_never_answers_stops_neither_the_keys_nor_the_way_out(
    tmp_path: Path, home: Path, prompts_path: Path
) -> None:
    with _silent_service(home) as asked:
        key = {"OPENAI_API_KEY": "sk-test"}
        with in_terminal("--home", str(home), folder=tmp_path, environment=key) as terminal:
            terminal.until_shown("No jobs yet")
            terminal.press("n")
            terminal.until_shown(prompts_path.name, "4 in 2 sections")
            terminal.press("enter")
            terminal.until_shown("Submit")
            terminal.press("ctrl+s")
            terminal.until(asked.is_set, "the upload to begin")
            terminal.until_shown("garden")

            terminal.press("?")
            terminal.until_shown("Keys on this screen")
            terminal.press("escape", "r", "enter")
            terminal.until_shown("4 missing")
            terminal.press("escape", "q")
            assert terminal.until_gone() == 0
            assert terminal.left_clean() == []


def test_a_terminal_that_is_closed_ends_the_dashboard(tmp_path: Path, home: Path) -> None:
    with in_terminal("--home", str(home), "demo", folder=tmp_path) as terminal:
        terminal.until_shown("No jobs yet")
        terminal.hang_up()
        assert terminal.until_gone() == 128 + signal.SIGHUP


def test_a_dashboard_started_in_a_tiny_terminal_waits_for_room(tmp_path: Path, home: Path) -> None:
    with in_terminal("--home", str(home), "demo", size=(40, 10), folder=tmp_path) as terminal:
        terminal.until_shown("The terminal is too small.")
        terminal.resize(80, 24)
        terminal.until_shown("No jobs yet")
        terminal.press("q")
        assert terminal.until_gone() == 0
        assert terminal.left_clean() == []
