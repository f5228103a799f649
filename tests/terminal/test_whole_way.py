"""The whole way with keys alone, in tmux, over the built-in service."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.tmux import in_tmux

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", [(80, 24), (160, 50)], ids=["80x24", "160x50"])
def test_start_pick_review_submit_watch_read_search_export_and_quit(
    tmp_path: Path, home: Path, size: tuple[int, int]
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    environment = {"WELLSPRING_PACE": "3", "HOME": str(tmp_path), "TERM": "tmux-256color"}
    arguments = ("--home", str(home), "demo")
    with in_tmux(*arguments, size=size, folder=work, environment=environment) as tmux:
        tmux.until_shown("No jobs yet")

        tmux.press("n")
        tmux.until_shown("garden-handbook.json", "9 in 3 sections")
        tmux.press("Enter")
        tmux.until_shown("review", "Submit", "simulated")
        tmux.press("C-s")

        tmux.until_shown("garden-handbook", "in progress")
        tmux.until_shown("completed", "9/9")
        tmux.press("Enter")
        tmux.until_shown("9 answered · 0 failed · 0 missing", "Simulated by")

        tmux.press("/")
        tmux.type("evidence")
        tmux.until(lambda screen: re.search(r"\d+ in \d answers", screen) is not None, "the hits")
        tmux.press("Enter", "Escape")

        tmux.press("e")
        tmux.until_shown("Export")
        tmux.press("Enter")
        tmux.until_shown("Wrote")
        tmux.press("Escape")
        tmux.until_shown("Jobs", "9/9")
        tmux.press("q")
        tmux.until_gone()

    (exported,) = work.glob("*.json")
    results = json.loads(exported.read_bytes())
    assert results["total_results"] == 9
    assert len(results["results_by_section"]) == 3
