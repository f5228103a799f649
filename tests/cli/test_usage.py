"""What was used and what it cost, told by the command line; the other faces say the same."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from datetime import date
from typing import TYPE_CHECKING

import click
import pytest

from tests.cli.conftest import PROGRAM, SAMPLE, sentence
from tests.support.files import SHARED, answer, encoded
from wellspring_tui.cli.days import Day

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

REAL_OUTPUT = SHARED / "batch_683506cc77cc8190b47611aeff3f7024_output.jsonl"
IDS = [f"Soil_{kind}_1748305611" for kind in ("facts_prompt", "map_prompt")]


def imported(shell: Shell, *lines: object) -> str:
    """The id of a job made of these output lines."""
    shell.write("output.jsonl", encoded(*lines))
    done = shell.wellspring("import", "output.jsonl", "-q")
    return done.stdout.strip()


def the_faces_agree(shell: Shell, job_id: str) -> None:
    """`usage`, `status` and the results tell the same numbers of a job."""
    status, results = shell.json("status", job_id), shell.json("results", job_id)
    by_section = shell.json("usage", "--job", job_id)
    by_type = shell.json("usage", "--job", job_id, "--by", "type")
    (by_job,) = shell.json("usage")["rows"]
    assert by_section["job_id"] == by_job["key"] == job_id
    for told in (by_section["total"], by_type["total"], by_job):
        for name in ("requests", "answered", "failed", "missing", "cost_usd"):
            assert told[name] == status[name] == results[name]
        for name in ("input_tokens", "output_tokens"):
            assert told[name] == status[name] == results["usage"][name]
        assert told["total_tokens"] == results["usage"]["total_tokens"]
    told_by_section = {row["key"]: row["total_tokens"] for row in by_section["rows"]}
    by_results = results["usage_by_section"]
    assert told_by_section == {name: used["total_tokens"] for name, used in by_results.items()}


def test_an_empty_ledger_says_so(shell: Shell) -> None:
    told = shell.wellspring("usage")
    assert (told.code, told.stdout) == (0, "")
    assert told.stderr == "wellspring: no answers have been collected yet.\n"
    assert shell.json("usage")["rows"] == []


def test_the_faces_tell_the_same_numbers_of_a_job_of_the_built_in_service(shell: Shell) -> None:
    done = shell.wellspring("run", SAMPLE, "-o", "results.json", "-q")
    assert done.code == 0, done.stderr
    (job,) = shell.json("jobs")
    the_faces_agree(shell, job["job_id"])
    assert shell.json("usage")["total"]["cost_usd"] == "0"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
def test_the_faces_tell_the_same_numbers_of_the_teams_own_batch(shell: Shell) -> None:
    job_id = shell.wellspring("import", REAL_OUTPUT, "-q").stdout.strip()
    the_faces_agree(shell, job_id)
    total = shell.json("usage")["total"]
    assert total["total_tokens"] == 8_511
    assert total["cost_usd"] == "0.00218295"
    assert total["real_time_cost_usd"] == "0.0043659"
    assert "$0.0022 saved against real time" in shell.wellspring("usage").stderr


def test_columns_are_aligned_under_a_total(shell: Shell) -> None:
    big = answer(IDS[1], usage={"prompt_tokens": 1_200_000, "completion_tokens": 34_000})
    imported(shell, answer(IDS[0]), big)

    shown = shell.wellspring("usage", "--by", "model")

    head, row, total = shown.stdout.rstrip("\n").split("\n")
    assert head.split() == [
        *("MODEL", "JOBS", "OK/BAD/ALL", "INPUT", "OUTPUT", "TOKENS", "COST", "REAL", "TIME"),
    ]
    assert row.split()[:6] == [
        *("gpt-4o-mini-2024-07-18", "1", "2/0/2", "1,200,010", "34,005", "1,234,015"),
    ]
    assert len(head) == len(row) == len(total)
    assert total.split()[0] == "total"
    assert "█" not in shown.stdout  # bars are for terminals


def test_an_unknown_price_is_said(shell: Shell) -> None:
    imported(shell, answer(IDS[0]), answer(IDS[1], model="my-own-model"))
    shown = shell.wellspring("usage", "--by", "type", "--job", shell.json("jobs")[0]["job_id"])
    _, known, unknown, total = shown.stdout.rstrip("\n").split("\n")
    assert known.split()[-2:] == ["$0.000002", "$0.000004"]
    assert unknown.split()[-2:] == ["unknown", "unknown"]
    assert total.endswith("$0.000002 + unknown  $0.000004 + unknown")
    assert "the price of 1 request is unknown" in shown.stderr
    assert shell.json("usage")["total"]["cost_usd"] is None


def test_names_from_outside_are_shown_without_what_a_terminal_would_act_on(shell: Shell) -> None:
    imported(shell, answer("Evil\x1b[31m\u202e_facts_prompt_1748305611"))
    shown = shell.wellspring("usage", "--by", "section")
    assert "Evil" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "\u202e" not in shown.stdout


def test_more_rows_than_wanted_are_counted(shell: Shell) -> None:
    for name in ("one", "two", "three"):
        imported(shell, answer(f"{name}_facts_prompt_1748305611"))
    shown = shell.wellspring("usage", "--limit", "2")
    assert shown.stdout.count("\n") == 4
    assert "1 more; --limit 0 shows all" in shown.stderr
    assert len(shell.json("usage", "--limit", "2")["rows"]) == 3


def test_a_time_without_jobs_and_a_question_that_makes_no_sense(shell: Shell) -> None:
    imported(shell, answer(IDS[0]))
    nothing = shell.wellspring("usage", "--until", "2024-02")
    assert (nothing.stdout, nothing.stderr) == (
        "",
        "wellspring: nothing has been used in that time.\n",
    )
    assert len(shell.json("usage", "--since", "7d")["rows"]) == 1
    assert "such as 2026-11-23" in sentence(shell.wellspring("usage", "--since", "soon"))
    assert "of one job" in sentence(shell.wellspring("usage", "--by", "type"))
    assert shell.wellspring("usage", "--job", "nobody").code == 2


def test_a_terminal_sees_bars_where_there_is_room(shell: Shell) -> None:
    small, large = answer(IDS[0]), answer(IDS[1])
    large["response"]["body"]["usage"] = {"prompt_tokens": 300, "completion_tokens": 900}
    job_id = imported(shell, small, large)
    arguments = ("usage", "--job", job_id, "--by", "type", "-q")
    head, first, second, total = on_a_terminal(shell, 140, *arguments)
    assert head.endswith("█ in ▒ out")
    assert first.split()[0] == "map_prompt"
    # The longest bar is 40 cells wide; of its tokens a quarter went in.
    assert first.endswith(" " + "█" * 10 + "▒" * 30)
    assert second.endswith("█")
    assert "█" not in total
    assert not any("█" in line for line in on_a_terminal(shell, 60, *arguments))


def on_a_terminal(shell: Shell, width: int, *arguments: str) -> list[str]:
    """The lines that a terminal of that width gets."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environment = {
        name: value
        for name, value in shell.environment().items()
        if name not in ("COLUMNS", "LINES")
    }
    subprocess.run(
        [*PROGRAM, *arguments], stdout=theirs, env=environment, cwd=shell.folder, check=True
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # Linux tells the end of a terminal like this
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    return seen.decode().replace("\r\n", "\n").rstrip("\n").split("\n")


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("2026-11-05", date(2026, 11, 5), date(2026, 11, 5)),
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2024-2", date(2024, 2, 1), date(2024, 2, 29)),
        ("today", date(2026, 11, 23), date(2026, 11, 23)),
        ("1d", date(2026, 11, 23), date(2026, 11, 23)),
        (" 7D ", date(2026, 11, 17), date(2026, 11, 17)),
        ("2w", date(2026, 11, 10), date(2026, 11, 10)),
    ],
)
def test_days_are_read_as_people_write_them(typed: str, first: date, last: date) -> None:
    today = date(2026, 11, 23)
    assert Day(today=today).convert(typed, None, None) == first
    assert Day(end=True, today=today).convert(typed, None, None) == last


@pytest.mark.parametrize("typed", ["", "soon", "2026-13", "2026-02-30", "0-1", "9999y", "7"])
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(click.BadParameter, match="Expected a day"):
        Day().convert(typed, None, None)
