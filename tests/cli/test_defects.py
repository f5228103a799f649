"""A defect of ours is told in a sentence; the rest goes to the log, for its owner only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.cli.conftest import SAMPLE, sentence
from wellspring_tui.cli.chosen import Chosen
from wellspring_tui.cli.log import record

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.cli.conftest import Shell


def test_a_defect_is_one_sentence_and_a_private_log(shell: Shell) -> None:
    assert shell.wellspring("submit", SAMPLE).code == 0
    # No command writes such a cost: reading it back is nothing that the program expects.
    with closing(sqlite3.connect(shell.home / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE jobs SET cost = 'much'")

    done = shell.wellspring("jobs")

    log = shell.home / "logs" / "wellspring.log"
    assert done.code == 70
    assert str(log) in sentence(done)
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_no_key_comes_into_the_log(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")

    said = record(ValueError("Authorization: Bearer sk-0123456789"), Chosen(home=home))

    written = (home / "logs" / "wellspring.log").read_text()
    assert "Authorization: Bearer [key]" in written
    assert "sk-0123456789" not in written + said


def test_a_defect_is_told_even_where_no_log_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "logs").write_bytes(b"a file where the folder should be")

    said = record(ValueError("a secret"), Chosen(home=tmp_path))

    assert "ValueError" in said
    assert "the log can't be written" in said
    assert "a secret" not in said
