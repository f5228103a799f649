"""Starting: processor time of the quick commands, and the time to the first paint."""

from __future__ import annotations

import os
import pty
import resource
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.measure import Figure, alternate
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUNDS = 9
_CLICK = "import click; click.group()(click.pass_obj(lambda _: None))(['--help'])"
_STATIC = """
from textual.app import App
from textual.widgets import Static
class One(App):
    def compose(self):
        yield Static("No jobs yet")
One().run()
"""
_ROWS, _COLUMNS = 24, 80
_PATIENCE_SECONDS = 20.0


def figures() -> Iterator[Figure]:
    """Everything about starting."""
    with tempfile.TemporaryDirectory() as home:
        environment = dict(os.environ, WELLSPRING_HOME=home, WELLSPRING_SERVICE="local")
        program = [sys.executable, "-m", "wellspring_tui"]
        click = [sys.executable, "-c", _CLICK]
        sample = str(Wellspring.sample())
        for arguments, most in ((["--help"], 1.5), (["jobs"], 2.0), (["check", sample], 2.0)):
            command = [*program, *arguments]
            ours, floor = alternate(
                _ROUNDS,
                partial(_cpu_ms, command, environment),
                partial(_cpu_ms, click, environment),
            )
            name = f"starting: wellspring {arguments[0]}, processor time"
            yield Figure(
                name, ours, "ms", floor, f"≤ {most} × bare click --help", ours <= most * floor
            )
        ours, floor = alternate(
            _ROUNDS,
            lambda: _paint_ms(program, environment),
            lambda: _paint_ms([sys.executable, "-c", _STATIC], environment),
        )
        goal = "≤ 1.25 × an app with one Static"
        yield Figure(
            "starting: first paint of the dashboard", ours, "ms", floor, goal, ours <= 1.25 * floor
        )
        bare = statistics.median(
            _cpu_ms([sys.executable, "-c", "pass"], environment) for _ in range(5)
        )
        yield Figure("starting: python -c pass, processor time", bare)


def _cpu_ms(command: list[str], environment: dict[str, str]) -> float:
    """Processor time of a whole process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used * 1_000


def _paint_ms(command: list[str], environment: dict[str, str]) -> float:
    """Wall time from the start in a real pseudo terminal until `No jobs yet` is on it."""
    import fcntl
    import struct
    import termios

    started = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, {**environment, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    seen = b""
    try:
        while b"No jobs yet" not in seen:
            ready, _, _ = select.select([terminal], [], [], _PATIENCE_SECONDS)
            if not ready:
                raise TimeoutError(f"{Path(command[0]).name} painted nothing")
            seen += os.read(terminal, 65_536)
        return (time.perf_counter() - started) * 1_000
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
