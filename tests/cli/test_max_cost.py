"""`--max-cost`: what would cost more is refused, and nothing of it is kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SAMPLE, sentence
from tests.support.files import jsonl, request

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

# A key that is never sent anywhere: what is refused here is refused before that.
OPENAI = {"WELLSPRING_SERVICE": "openai", "OPENAI_API_KEY": "sk-not-a-key"}


@pytest.mark.parametrize("command", ["run", "submit"])
def test_a_job_that_may_cost_more_is_refused_with_both_numbers(shell: Shell, command: str) -> None:
    done = shell.wellspring(command, SAMPLE, "--max-cost", "0.001", **OPENAI)

    assert done.code == 2
    said = sentence(done)
    assert "$0.0054" in said
    assert "more than the limit of $0.0010" in said
    assert "Raise the limit, lower max tokens, or send fewer prompts" in said
    assert list((shell.home / "input").glob("*")) == []
    assert shell.json("jobs") == []


def test_check_tells_the_cost_and_answers_with_2_when_it_is_above(shell: Shell) -> None:
    above = shell.wellspring("check", SAMPLE, "--max-cost", "0.001", **OPENAI)
    assert above.code == 2
    assert "≈ $0.0054 as a batch" in above.stdout
    assert "more than the limit of $0.0010" in above.stderr

    below = shell.wellspring("check", SAMPLE, "--max-cost", "$0.01", **OPENAI)
    assert (below.code, below.stderr) == (0, "")


def test_an_unknown_price_is_refused_when_a_limit_is_set(shell: Shell) -> None:
    given = ("check", SAMPLE, "--model", "my-own-model")
    assert shell.wellspring(*given, **OPENAI).code == 0

    refused = shell.wellspring(*given, "--max-cost", "5", **OPENAI)
    assert refused.code == 2
    assert "the price of my-own-model is unknown, so the limit of $5.00" in refused.stderr


def test_the_built_in_service_costs_nothing(shell: Shell) -> None:
    done = shell.wellspring("run", SAMPLE, "--max-cost", "0", "-q")
    assert (done.code, done.stderr) == (0, "")


def test_a_limit_in_the_settings_is_kept_until_it_is_lifted(shell: Shell) -> None:
    shell.home.mkdir()
    (shell.home / "config.toml").write_text("max_cost = 0.001\n")
    assert shell.wellspring("check", SAMPLE, **OPENAI).code == 2
    assert shell.wellspring("check", SAMPLE, "--max-cost", "1", **OPENAI).code == 0
    assert shell.wellspring("check", SAMPLE, "--max-cost", "none", **OPENAI).code == 0


@pytest.mark.parametrize("written", ["lots", "-1", "nan"])
def test_a_limit_that_makes_no_sense_is_refused(shell: Shell, written: str) -> None:
    done = shell.wellspring("submit", SAMPLE, "--max-cost", written)
    assert done.code == 2
    assert "expected dollars such as 2.50" in sentence(done)


def test_check_tells_the_parts_the_queue_and_all_kinds_of_problems(shell: Shell) -> None:
    shell.home.mkdir()
    (shell.home / "config.toml").write_text(
        "[services.openai]\nmax_requests = 4\nenqueued_tokens = 1000\n"
    )
    told = shell.wellspring("check", SAMPLE, **OPENAI)
    assert "3 input files, each at most 4 requests" in told.stdout
    assert re.search(r"fits: \d+, of 1,000 tokens of gpt-4o-mini", told.stdout)

    shell.write("twice.jsonl", jsonl([request("a")] * 1_300))
    bad = shell.wellspring("check", "twice.jsonl")
    assert bad.code == 2
    assert "1,299 × custom_id: the custom_id “…” is already on line …" in bad.stdout
    assert "  line 1001, custom_id: the custom_id “a” is already on line 1" in bad.stdout
    assert "… and 299 more" in bad.stdout


def test_check_tells_what_is_likely_once_there_are_answers_to_go_by(shell: Shell) -> None:
    assert "Likely" not in shell.wellspring("check", SAMPLE).stdout
    assert shell.json("check", SAMPLE)["expected_output"] is None
    assert shell.wellspring("run", SAMPLE, "-q").code == 0

    assert re.search(r"Likely +≈ [\d,–]+ out, by 9 earlier answers", checked(shell))
    told = shell.json("check", SAMPLE)["expected_output"]
    assert told["earlier_answers"] == 9
    assert 0 < told["likely_tokens"] <= told["high_tokens"] <= 18_000
    assert told["likely_usd"] is None  # what is made up says nothing of money


def checked(shell: Shell) -> str:
    """What `check` says of the sample."""
    return shell.wellspring("check", SAMPLE).stdout
