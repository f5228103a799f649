"""The log: private, of limited size, shared by processes, and without any key."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wellspring_tui import log
from wellspring_tui.log_file import KEPT, MOST_BYTES, Redaction
from wellspring_tui.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.settings import Settings

KEY = "sk-proj-0123456789abcdefWXYZ"


@pytest.fixture
def keyed(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of a home with a key, and its log prepared."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    settings = load_settings(home=home)
    log.prepare(settings)
    yield settings
    log.stop()


def written(settings: Settings) -> list[str]:
    """The lines of the log."""
    return settings.places.log.read_text().removesuffix("\n").split("\n")


def test_a_record_is_a_line_with_time_level_and_process(keyed: Settings) -> None:
    log.logger("wellspring_tui.jobs").info("job %s: planned", "bcd234")

    (line,) = written(keyed)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO    \d+ job bcd234: planned", line
    )


def test_the_log_is_for_its_owner_only(keyed: Settings) -> None:
    log.logger("wellspring_tui.jobs").info("anything")

    assert keyed.places.log.stat().st_mode & 0o777 == 0o600
    assert keyed.places.logs.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"the key is {KEY}.", "the key is [key]."),
        (
            "Incorrect API key provided: sk-abc12***wxyz. You",
            "Incorrect API key provided: [key] You",
        ),
        ("Authorization: Bearer eyJhbGciOi.x-y_z", "Authorization: Bearer [key]"),
        ("{'api_key': 'abcdef'}", "{'api_key': '[key]'}"),
        ("https://me:secret@lab.example/v1", "https://[key]@lab.example/v1"),
        ("a task-abcdefgh of risk-taking", "a task-abcdefgh of risk-taking"),
        ("the lab's stand-in x stays out, exactly", "the lab's stand-in [key] stays out, exactly"),
    ],
)
def test_nothing_that_may_be_a_key_is_written(said: str, shown: str) -> None:
    assert Redaction([KEY, "x", ""])(said) == shown


def test_keys_are_taken_out_of_values_and_tracebacks(keyed: Settings) -> None:
    logger = log.logger("wellspring_tui.services")
    logger.warning("refused: %s", KEY)
    logger.error("a defect", exc_info=ValueError(f"Bearer {KEY}"))

    text = "\n".join(written(keyed))
    assert "refused: [key]" in text
    assert "ValueError: Bearer [key]" in text
    assert KEY not in text


def test_more_lines_of_a_record_stand_indented_and_harm_no_terminal(keyed: Settings) -> None:
    log.logger("wellspring_tui.jobs").info("one\n2026-01-01 two\x1b]52;c;ZXZpbA==\x07\x1b[2J\r\n\n")

    first, second = written(keyed)
    assert first.endswith(" one")
    assert second == "    2026-01-01 two"


def test_the_level_that_is_set_is_kept_to(keyed: Settings) -> None:
    logger = log.logger("wellspring_tui.services.client")
    logger.debug("too much")
    log.prepare(replace(keyed, log_level="DEBUG"))
    logger.debug("wanted now")
    log.prepare(replace(keyed, log_level="ERROR"))
    logger.warning("too little")
    log.prepare(keyed)
    logging.getLogger("asyncio").info("too little of somebody else")
    logging.getLogger("asyncio").warning("enough of somebody else")

    assert [line.split(None, 3)[-1] for line in written(keyed)] == [
        "wanted now",
        "asyncio: enough of somebody else",
    ]


def test_a_large_log_is_put_aside_and_the_oldest_goes(keyed: Settings) -> None:
    path = keyed.places.log
    logger = log.logger("wellspring_tui.jobs")
    for number in range(KEPT + 2):
        logger.info("file %d", number)
        with path.open("a") as file:
            file.write("x" * MOST_BYTES)
    logger.info("the last")

    names = sorted(found.name for found in path.parent.glob("wellspring.log*"))
    assert names == ["wellspring.log", *(f"wellspring.log.{n}" for n in range(1, KEPT + 1))]
    assert written(keyed)[0].endswith("the last")
    assert f"file {KEPT + 1}" in path.with_name("wellspring.log.1").read_text()[:200]
    assert "file 2" in path.with_name(f"wellspring.log.{KEPT}").read_text()[:200]


_WRITER = """
import sys
from pathlib import Path
from wellspring_tui import log, log_file
from wellspring_tui.settings import load_settings
log_file.MOST_BYTES = 4_000
log.prepare(load_settings(home=Path(sys.argv[1])))
logger = log.logger("wellspring_tui.jobs")
for number in range(150):
    logger.info("%s %d", sys.argv[2], number)
"""


def test_processes_that_share_a_log_lose_no_record_of_the_files_kept(
    home: Path, tmp_path: Path
) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(home), name], cwd=tmp_path)
        for name in ("one", "two", "three")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]

    lines = [
        line
        for path in (home / "logs").glob("wellspring.log*")
        for line in path.read_text().removesuffix("\n").split("\n")
    ]
    for name in ("one", "two", "three"):
        numbers = sorted(int(line.split()[-1]) for line in lines if f" {name} " in line)
        assert numbers == list(range(150 - len(numbers), 150))  # only the oldest are gone
    assert all(re.fullmatch(r"\S+Z INFO    \d+ (one|two|three) \d+", line) for line in lines)


def test_what_can_t_be_written_troubles_no_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_bytes(b"a file where the folder should be")
    log.prepare(load_settings(home=tmp_path))
    log.logger("wellspring_tui.jobs").error("a sentence")
    trouble = log.trouble()
    log.stop()

    assert trouble is not None
    assert str(tmp_path / "logs") in trouble
    assert capfd.readouterr() == ("", "")


_LIBRARY = """
from wellspring_tui.log import logger
logger("wellspring_tui.jobs").error("nobody asked")
"""


def test_a_program_that_only_uses_the_package_hears_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIBRARY], cwd=tmp_path, capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    assert list(tmp_path.iterdir()) == []
