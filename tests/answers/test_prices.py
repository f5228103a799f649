"""Prices are remembered for a day, and never believed when they can't be read."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from wellspring_tui.answers import money
from wellspring_tui.answers.prices import Prices

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_remembered_is_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    for _ in range(2):  # the second time from the file
        prices = Prices(path)
        for batch in (True, False):
            assert prices.rates("gpt-4o-mini", batch=batch) == money.rates(
                "gpt-4o-mini", batch=batch
            )
        assert prices.rates("my-own-model", batch=True) is None
    assert len(json.loads(path.read_bytes())["rates"]) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("change", ["day", "source"])
def test_another_day_or_another_source_asks_again(tmp_path: Path, change: str) -> None:
    path = tmp_path / "prices.json"
    Prices(path).rates("gpt-4o-mini", batch=True)
    kept = json.loads(path.read_bytes())
    nine = dict.fromkeys(("input", "output", "cached", "cache_write"), "9")
    kept["rates"]["gpt-4o-mini batch openai"] = nine
    path.write_text(json.dumps(kept))
    remembered = Prices(path).rates("gpt-4o-mini", batch=True)
    assert remembered is not None
    assert remembered.input == 9
    path.write_text(json.dumps(kept | {change: "another"}))
    fresh = Prices(path).rates("gpt-4o-mini", batch=True)
    assert fresh == money.rates("gpt-4o-mini", batch=True)


@pytest.mark.parametrize("written", [b"", b"oops", b"[]", b'{"rates": {"x": 7}}', b"\xff"])
def test_a_spoilt_file_is_not_believed(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "prices.json"
    path.write_bytes(written)
    assert Prices(path).rates("gpt-4o-mini", batch=True) == money.rates("gpt-4o-mini", batch=True)
