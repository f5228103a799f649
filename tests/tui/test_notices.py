"""That jobs have ended is told once for all of a round, in the ways that are set."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import jobs
from wellspring_tui.notices import Notices
from wellspring_tui.tui.notices import notice_of, run_command, variables_of
from wellspring_tui.tui.terminal import desktop_notice
from wellspring_tui.tui.title import words

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.jobs.model import Job
    from wellspring_tui.wellspring import Wellspring

    Open = Callable[..., AbstractAsyncContextManager[Hand]]

_TELL = """
import json, os, sys
from pathlib import Path
told = {name: value for name, value in os.environ.items() if name.startswith("WELLSPRING_JOB_")}
with Path(sys.argv[1]).open("a") as file:
    file.write(json.dumps([sys.argv[2:], told]) + "\\n")
"""


def ended(name: str, status: str = "completed", *, answered: int = 3, failed: int = 0) -> Job:
    return replace(
        jobs.job(f"id-{name}"),
        name=name,
        status=status,
        completed=answered,
        failed=failed,
        collected=True,
    )


def test_one_job_is_told_by_name_and_numbers() -> None:
    notice = notice_of([ended("apple")])
    assert (notice.head, notice.text) == ("Job completed", "apple: 3 answered")
    assert notice.severity == "information"
    bad = notice_of([ended("birch", "expired", answered=1, failed=1)])
    assert (bad.head, bad.text) == ("Job expired", "birch: 1 answered, 1 failed, 1 missing")
    assert bad.severity == "warning"


def test_many_jobs_are_told_together() -> None:
    many = [ended(name) for name in ("apple", "birch", "cedar", "damson", "elder")]
    notice = notice_of(many)
    assert notice.head == "5 jobs ended"
    assert notice.text == "apple, birch, cedar and 2 more: 15 answered"


def test_a_command_hears_of_each_job_and_of_the_sums() -> None:
    harmful = replace(ended("birch", "expired", answered=1), name="bi\x00rch\x1b[2J")
    told = variables_of([ended("apple"), harmful])
    assert told == {
        "WELLSPRING_JOB_ID": "id-apple id-birch",
        "WELLSPRING_JOB_NAME": "apple, birch",
        "WELLSPRING_JOB_STATUS": "mixed",
        "WELLSPRING_JOB_ANSWERED": "4",
        "WELLSPRING_JOB_FAILED": "0",
        "WELLSPRING_JOB_MISSING": "2",
    }


@pytest.mark.parametrize(
    ("environment", "start"),
    [
        ({"TERM": "xterm-256color"}, "\x1b]9;"),
        ({"TERM": "rxvt-unicode-256color"}, "\x1b]777;notify;"),
        ({"TERM": "screen", "TMUX": "x"}, "\x1bPtmux;\x1b\x1b]9;"),
        ({"TERM": "linux"}, ""),
        ({}, ""),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, ""),
    ],
)
def test_auto_chooses_what_the_terminal_seems_to_know(
    environment: dict[str, str], start: str
) -> None:
    assert desktop_notice("auto", "head", "text", environment)[: len(start)] == start
    assert bool(desktop_notice("auto", "head", "text", environment)) == bool(start)


def test_a_long_or_harmful_text_ends_no_sequence_early() -> None:
    harm = "a;b\x07\x1b\\\x9c\x1b]0;x\x07\n" * 200
    for kind in ("osc9", "osc777"):
        sequence = desktop_notice(kind, harm, harm, {})
        assert sequence.count("\x07") == 1
        assert sequence.count("\x1b") == 1
        assert not {"\x9c", "\n"} & set(sequence)
        assert len(sequence) < 500


def test_the_title_is_short_and_tells_the_newest_job() -> None:
    from wellspring_tui.jobs.open_jobs import UnderWay

    running = replace(jobs.job("a"), name="garden-handbook", requests=20, completed=8, failed=1)
    assert words(UnderWay()) == "Wellspring"
    assert words(UnderWay(2, running)) == "Wellspring · 2 running · garden-handbook 45 %"
    assert len(words(UnderWay(1, replace(running, name="x" * 500)))) < 80


@pytest.mark.parametrize(
    ("command", "trouble"),
    [
        (["true"], None),
        (["false"], "false ended with code 1"),
        (["no-such-program-anywhere"], "can't be run (No such file or directory)"),
        (["sleep", "60"], "sleep took longer than 0.2 s and was ended"),
        (["sh", "-c", "sleep 60 & wait"], "sh took longer than 0.2 s and was ended"),
    ],
)
def test_what_goes_wrong_with_a_command_is_a_sentence(
    command: list[str], trouble: str | None
) -> None:
    said = run_command(command, {}, seconds=0.2 if "sleep" in str(command) else 30)
    assert said == trouble or (trouble is not None and trouble in str(said))


def test_a_command_writes_nothing_on_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["sh", "-c", "echo out; echo err >&2; cat"], {}) is None
    assert capfd.readouterr() == ("", "")


async def test_the_command_runs_once_for_the_jobs_of_a_round(
    open_dashboard: Open, wellspring: Wellspring, prompts_path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "told.jsonl"
    options = wellspring.request_options()
    ids = [wellspring.submit(prompts_path, options, name=n).id for n in ("apple", "b $(id) ;")]
    command = (sys.executable, "-c", _TELL, str(out), "{notice}", "$HOME; `id`")

    async with open_dashboard(notices=Notices(command=command)) as hand:
        await hand.until(out.exists, "the command")
        await hand.until(lambda: bool(out.read_text()), "what it wrote")

    told = [json.loads(line) for line in out.read_text().removesuffix("\n").split("\n")]
    assert sorted(" ".join(one[1]["WELLSPRING_JOB_ID"] for one in told).split()) == sorted(ids)
    for arguments, variables in told:
        assert arguments[0].endswith(" answered")
        assert arguments[1] == "$HOME; `id`"  # no shell has seen it
        assert variables["WELLSPRING_JOB_STATUS"] == "completed"
        assert variables["WELLSPRING_JOB_MISSING"] == "0"


async def test_a_command_that_fails_is_told_once(
    open_dashboard: Open,
    wellspring: Wellspring,
    prompts_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with open_dashboard(notices=Notices(command=("no-such-program",))) as hand:
        for name in ("apple", "birch"):
            wellspring.submit(prompts_path, wellspring.request_options(), name=name)
            hand.app.carrier.refresh()
            await hand.until(lambda: any(name in one for one in hand.toasts), name)  # noqa: B023
        await hand.until(lambda: caplog.text.count("no-such-program") == 2, "both in the log")
        complaints = [one for one in hand.toasts if "no-such-program" in one]
        assert len(complaints) == 1
