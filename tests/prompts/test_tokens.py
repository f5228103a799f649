"""Tokens before sending are what services count, or near it; it takes hardly any time."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.files import SHARED
from wellspring_tui.prompts.checking import survey
from wellspring_tui.prompts.model import Request, RequestOptions
from wellspring_tui.prompts.opening import open_prompts
from wellspring_tui.prompts.tokens import PER_MESSAGE, Meter, estimate, estimate_json, measure

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = SHARED / "batch_683506cc77cc8190b47611aeff3f7024_output.jsonl"
PROMPTS = SHARED / "visual_batch_prompts_20250526_171050.json"
REQUESTS = SHARED / "wellspring_batch_tasks_20250526_172651.jsonl"

COUNTED, ESTIMATED = "gpt-4o-mini", "nobodys-model"
"""Of the one model the vocabulary is at hand, of the other it is not."""

# First articles of the Universal Declaration of Human Rights, and code; the counts are
# those of the vocabulary o200k_base.
KNOWN = {
    "All human beings are born free and equal in dignity and rights. They are endowed with "
    "reason and conscience and should act towards one another in a spirit of brotherhood.": 33,
    "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und "
    "Gewissen begabt und sollen einander im Geiste der Brüderlichkeit begegnen. Jeder hat "
    "Anspruch auf die in dieser Erklärung verkündeten Rechte und Freiheiten ohne irgendeinen "
    "Unterschied.": 60,
    "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。"
    "人人有资格享有本宣言所载的一切权利和自由。": 52,
    "جميع الناس يولدون أحرارا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا وعليهم أن يعامل "
    "بعضهم بعضا بروح الإخاء. لكل إنسان حق التمتع بكافة الحقوق والحريات الواردة في هذا الإعلان "
    "دون أي تمييز.": 66,
}


@pytest.mark.parametrize(("text", "counted"), KNOWN.items())
def test_a_text_of_any_script_is_estimated_within_a_fifth(text: str, counted: int) -> None:
    assert estimate(text) == pytest.approx(counted, rel=0.2)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
@pytest.mark.parametrize("path", [PROMPTS, REQUESTS], ids=["prompts", "requests"])
def test_the_teams_own_prompts_are_counted_as_the_service_counted_them(path: Path) -> None:
    lines = [json.loads(line) for line in REQUESTS.read_bytes().strip().split(b"\n")]
    system = lines[0]["body"]["messages"][0]["content"]
    answers = [json.loads(line) for line in OUTPUT.read_bytes().strip().split(b"\n")]
    billed = {
        line["custom_id"]: line["response"]["body"]["usage"]["prompt_tokens"] for line in answers
    }

    found, requests = survey(open_prompts(path), RequestOptions(system=system))

    assert [request.tokens for request in requests] == [billed[one["custom_id"]] for one in lines]
    assert (found.tokens, found.tokens_exact) == (1_646, True)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
def test_without_their_vocabulary_they_are_estimated_within_a_tenth() -> None:
    counted = open_prompts(PROMPTS).read(RequestOptions(model=COUNTED))
    estimated = open_prompts(PROMPTS).read(RequestOptions(model=ESTIMATED))
    expected = [item.tokens for item in counted if isinstance(item, Request)]
    found = [item.tokens for item in estimated if isinstance(item, Request)]
    assert found == pytest.approx(expected, rel=0.1)
    assert found != expected


def test_nothing_is_no_token_and_anything_is_one() -> None:
    assert (estimate(""), estimate_json(b""), estimate_json(b"null")) == (0, 0, 0)
    assert estimate("a") == estimate(" ") == 1


def test_white_space_costs_little_and_long_numbers_much() -> None:
    assert estimate("one" + " " * 200 + "two") == estimate("one two")
    assert estimate("4" * 30) > 2 * estimate("f" * 30)


def test_what_stands_around_the_texts_in_a_request_is_not_counted_as_text() -> None:
    text = "What grows in the shade? Say “why”.\nBe brief."
    plain = json.dumps([{"role": "user", "content": text}]).encode()
    parts = json.dumps([{"role": "user", "content": [{"type": "text", "text": text}]}]).encode()
    assert estimate_json(plain) == estimate_json(parts) == estimate(text) + PER_MESSAGE
    assert estimate_json(json.dumps([text, text]).encode()) == 2 * estimate(text)
    assert estimate_json(b"[[1, 2, 3], [4]]") == 4


def test_a_picture_counts_as_a_picture_not_as_the_letters_of_its_bytes() -> None:
    picture = {"url": f"data:image/png;base64,{'iVBORw0KGgo' * 20_000}"}
    content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": picture}]
    asked = json.dumps([{"role": "user", "content": content}]).encode()
    assert 500 < estimate_json(asked) < 1_500


@given(st.binary(max_size=200))
def test_any_bytes_have_an_estimate(raw: bytes) -> None:
    assert estimate_json(raw) >= 0


@given(st.lists(st.text(max_size=60), max_size=20))
def test_the_first_texts_are_measured_one_by_one(texts: list[str]) -> None:
    meter = Meter()
    found = [meter.text(text, ESTIMATED) for text in texts]
    assert found == [(estimate(text), False) for text in texts]


@pytest.mark.parametrize("model", [COUNTED, ESTIMATED])
def test_the_sum_of_many_is_as_good_as_if_each_had_been_measured(model: str) -> None:
    kinds = [*KNOWN, "Name the colours of moss.", "3.14159 2.71828", "{}"]
    chance = Random(1)
    texts = [" ".join(chance.choices(kinds, k=chance.randint(1, 9))) for _ in range(6_000)]
    meter = Meter()
    found = [meter.text(text, model) for text in texts]
    each = sum(measure(text, model).tokens for text in texts)
    assert sum(one.tokens for one in found) == pytest.approx(each, rel=0.01)
    assert not all(one.counted for one in found)


def test_the_first_million_characters_of_a_file_are_counted() -> None:
    meter = Meter()
    text = "Name the colours of moss. " * 40
    found = [meter.text(text, COUNTED).counted for _ in range(1_000_000 // len(text) + 3)]
    assert found == [True] * (len(found) - 3) + [False] * 3


@pytest.mark.parametrize("model", [COUNTED, ESTIMATED])
def test_a_text_of_unusual_length_is_always_measured(model: str) -> None:
    meter = Meter()
    for _ in range(50_000):
        meter.text("Name the colours of moss.", model)
    long = "4" * 9_000
    assert meter.text(long, model) == measure(long, model)
    assert meter.text("", model).tokens == 0


def test_what_was_sent_before_is_not_counted_anew() -> None:
    meter = Meter(counts=False)
    assert meter.text(next(iter(KNOWN)), COUNTED) == (estimate(next(iter(KNOWN))), False)
