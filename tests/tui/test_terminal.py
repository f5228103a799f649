"""What a real terminal gets to hear: its title, its bell, notices, and its old state back."""

from __future__ import annotations

import os
import re
import signal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.support.files import visual
from tests.support.terminals import Terminal
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEEP, BACK = b"\x1b[22;0t", b"\x1b[23;0t"
_TITLE = re.compile(rb"\x1b\]2;([^\x07]*)\x07")
_SEQUENCE = re.compile(rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_AMBIENT = ("TMUX", "TERM", "COLORTERM", "NO_COLOR", "STY")
HARMFUL = "salt;and\x1b]0;evil\x07\x9b2Jwater\x85"

Start = "Callable[..., Terminal]"


@pytest.fixture
def start(home: Path, tmp_path: Path) -> Callable[..., Terminal]:
    """Starts the dashboard in a terminal; keywords are variables of its environment."""

    def starting(*arguments: str, **variables: str) -> Terminal:
        inherited = {name: value for name, value in os.environ.items() if name not in _AMBIENT}
        return Terminal(
            ["--home", str(home), "--service", "local", *arguments],
            folder=tmp_path,
            environment={**inherited, "WELLSPRING_PACE": "0", **variables},
        )

    return starting


@pytest.fixture
def add_jobs(home: Path, tmp_path: Path) -> Callable[..., None]:
    """Puts jobs into the ledger that the dashboard will carry to their end."""
    (tmp_path / "garden.json").write_bytes(visual())

    def adding(*names: str) -> None:
        with Wellspring(load_settings(home=home, service="local")) as door:
            for name in names:
                door.submit(tmp_path / "garden.json", door.request_options(), name=name)

    return adding


def configure(home: Path, notices: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(f"[notices]\n{notices}\n")


def titles(terminal: Terminal) -> list[str]:
    """The titles the terminal has had."""
    return [found.decode() for found in _TITLE.findall(terminal.written)]


def bells(terminal: Terminal) -> int:
    """How often it rang; the end of a sequence does not ring."""
    return _SEQUENCE.sub(b"", terminal.written).count(b"\x07")


def test_the_title_tells_what_runs_and_the_old_one_comes_back(
    start: Callable[..., Terminal], add_jobs: Callable[..., None]
) -> None:
    add_jobs("apple", "birch")
    with start() as terminal:
        terminal.until_shown("● completed")
        terminal.until(lambda: titles(terminal)[-1:] == ["Wellspring"], "the last title")
        terminal.press("q")
        assert terminal.until_gone() == 0
        assert terminal.written.count(KEEP) == 1
        assert terminal.written.count(BACK) == 1
        assert terminal.written.index(KEEP) < terminal.written.index(b"\x1b]2;")
        assert terminal.written.index(BACK) > terminal.written.rindex(b"\x1b]2;")
        seen = titles(terminal)
        assert any(re.fullmatch(r"Wellspring · [12] running · \w+ \d+ %", one) for one in seen)
        assert all(before != after for before, after in pairwise(seen))


def test_the_terminal_is_itself_while_the_dashboard_is_suspended(
    start: Callable[..., Terminal],
) -> None:
    with start() as terminal:
        terminal.until_shown("No jobs yet")
        terminal.press("\x1a")
        terminal.until_stopped()
        terminal.until_written(BACK)
        terminal.signal(signal.SIGCONT)
        terminal.until(lambda: terminal.written.count(KEEP) == 2, "the title again")
        terminal.press("q")
        assert terminal.until_gone() == 0
        assert terminal.written.count(BACK) == 2


def test_a_harmful_name_changes_nothing_but_the_words(
    start: Callable[..., Terminal], add_jobs: Callable[..., None], home: Path
) -> None:
    configure(home, 'desktop = "osc777"')
    add_jobs(HARMFUL)
    with start() as terminal:
        terminal.until_written(b"\x1b]777;notify;Job completed;salt,andwater: 4 answered\x07")
        assert b"evil" not in terminal.written
        assert "\x9b" not in terminal.written.decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("notices", "variables", "sequence"),
    [
        ('desktop = "osc9"', {}, b"\x1b]9;Job completed: apple: 4 answered\x07"),
        ('desktop = "osc777"', {}, b"\x1b]777;notify;Job completed;apple: 4 answered\x07"),
        ('desktop = "auto"', {}, b"\x1b]9;Job completed: apple: 4 answered\x07"),
        (
            'desktop = "auto"',
            {"TERM": "foot"},
            b"\x1b]777;notify;Job completed;apple: 4 answered\x07",
        ),
        (
            'desktop = "auto"',
            {"TMUX": "/tmp/tmux-0/default,1,0", "TERM": "tmux-256color"},
            b"\x1bPtmux;\x1b\x1b]9;Job completed: apple: 4 answered\x07\x1b\\",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_desktop_notice_goes_through_the_terminal(
    start: Callable[..., Terminal],
    add_jobs: Callable[..., None],
    home: Path,
    notices: str,
    variables: dict[str, str],
    sequence: bytes,
) -> None:
    configure(home, notices)
    add_jobs("apple")
    with start(**variables) as terminal:
        terminal.until_written(sequence)
        terminal.until_shown("apple: 4 answered")
        assert terminal.written.count(b"apple: 4 answered\x07") == 1


def test_the_bell_rings_once_for_all_jobs_of_a_round_unless_it_is_off(
    start: Callable[..., Terminal], add_jobs: Callable[..., None], home: Path
) -> None:
    add_jobs("apple", "birch", "cedar", "damson")
    with start() as terminal:
        terminal.until_shown("4 jobs ended")
        terminal.press("q")
        terminal.until_gone()
        assert bells(terminal) == 1
    configure(home, "bell = false")
    add_jobs("elder")
    with start() as terminal:
        terminal.until_shown("elder: 4 answered")
        terminal.press("q")
        terminal.until_gone()
        assert bells(terminal) == 0


def test_a_terminal_that_would_print_them_gets_no_sequences(
    start: Callable[..., Terminal], add_jobs: Callable[..., None], home: Path
) -> None:
    configure(home, 'desktop = "auto"')
    add_jobs("apple")
    with start(TERM="linux") as terminal:
        terminal.until_shown("apple: 4 answered")
        terminal.press("q")
        terminal.until_gone()
        assert b"\x1b]2;" not in terminal.written
        assert b"\x1b]9;" not in terminal.written
        assert KEEP not in terminal.written


def test_sixteen_colours_are_the_terminal_s_own(start: Callable[..., Terminal]) -> None:
    background = re.compile(rb"\x1b\[(?:\d+;)*(?:4[0-8]|10[0-7])[;m]")
    with start(TERM="xterm") as terminal:
        terminal.until_shown("No jobs yet")
        assert not background.search(terminal.written)
    with start("--theme", "nord", TERM="xterm") as terminal:
        terminal.until_shown("No jobs yet")
        assert background.search(terminal.written)
    with start() as terminal:
        terminal.until_shown("No jobs yet")
        assert background.search(terminal.written)


def test_without_a_mouse_the_terminal_keeps_its_own(start: Callable[..., Terminal]) -> None:
    with start("--no-mouse") as terminal:
        terminal.until_shown("No jobs yet")
        assert b"\x1b[?1000h" not in terminal.written
    with start() as terminal:
        terminal.until_shown("No jobs yet")
        assert b"\x1b[?1000h" in terminal.written


def test_flags_decide_theme_and_interval(start: Callable[..., Terminal]) -> None:
    with start("--theme", "nord", "--refresh", "7", "--read-only") as terminal:
        terminal.until_shown("■ read only")
        terminal.press(",")
        terminal.until_shown("flag --service")
        terminal.press("G")
        terminal.until_shown("smollm2")
        terminal.press("\x1b[5~")  # a page up, above the services that are known besides
        terminal.until_shown("nord")
        terminal.until_shown("flag --theme")
        terminal.until_shown("7 s")


def test_an_unknown_theme_is_one_sentence_with_the_names(start: Callable[..., Terminal]) -> None:
    with start("--theme", "nrod") as terminal:
        assert terminal.until_gone() == 2
        said = " ".join(terminal.text.split())
        assert said.startswith("wellspring: flag --theme: there is no theme “nrod”. Known:")
        assert "high-contrast" in said
    with start(WELLSPRING_THEME="nrod") as terminal:
        assert terminal.until_gone() == 2
        assert "environment WELLSPRING_THEME: there is no theme" in " ".join(terminal.text.split())


def test_a_defect_of_the_dashboard_is_one_sentence_and_no_traceback(
    start: Callable[..., Terminal], add_jobs: Callable[..., None], home: Path
) -> None:
    import sqlite3
    from contextlib import closing

    add_jobs("apple")
    # No command writes such a cost: reading it back is nothing that the dashboard expects.
    with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE jobs SET cost = 'much', collected = 1")
    with start() as terminal:
        assert terminal.until_gone() == 70
        said = " ".join(terminal.text.split())
        assert "wellspring: something went wrong in Wellspring itself" in said
        assert "Traceback" not in said
        assert "Traceback" in (home / "logs" / "wellspring.log").read_text()
