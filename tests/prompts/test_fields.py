"""What a person types about the requests is understood, or said to be wrong field by field."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wellspring_tui.prompts.fields import options_from_text, text_of
from wellspring_tui.prompts.model import RESPONSES, RequestOptions
from wellspring_tui.prompts.schemas import read_schema

if TYPE_CHECKING:
    from pathlib import Path

DEFAULTS = RequestOptions(system="Be brief.")


def test_what_is_typed_goes_over_the_defaults() -> None:
    typed = {"model": " gpt-4.1 ", "temperature": "1", "max_tokens": "321", "window": "12h"}
    options, mistakes = options_from_text(typed, DEFAULTS)
    assert mistakes == {}
    assert options == RequestOptions("gpt-4.1", 1.0, 321, "Be brief.", window="12h")


def test_an_empty_field_leaves_its_parameter_out() -> None:
    typed = {"temperature": "", "max_tokens": " ", "system": ""}
    options, mistakes = options_from_text(typed, DEFAULTS)
    assert mistakes == {}
    assert (options.temperature, options.max_tokens, options.system) == (None, None, None)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("model", "  ", "a model is needed"),
        ("endpoint", "", "an endpoint is needed"),
        ("endpoint", "v1/responses", "expected a path such as /v1/chat/completions"),
        ("temperature", "hot", "expected a number, found “hot”"),
        ("temperature", "2.5", "expected a number from 0 to 2"),
        ("temperature", "nan", "expected a number from 0 to 2"),
        ("max_tokens", "1.5", "expected a count, found “1.5”"),
        ("max_tokens", "0", "expected a count from 1"),
        ("max_tokens", "9" * 5_000, "expected a count, found “9999999999999999999…”"),
        ("window", "", "expected a time such as 24h, found “”"),
        ("window", "soon", "expected a time such as 24h, found “soon”"),
    ],
)
def test_a_mistake_is_said_of_its_own_field(field: str, text: str, said: str) -> None:
    options, mistakes = options_from_text({field: text}, DEFAULTS)
    assert mistakes == {field: said}
    assert options == DEFAULTS


def test_a_schema_is_the_path_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bed.json"
    path.write_text('{"type": "object", "properties": {}}')
    monkeypatch.setenv("HOME", str(tmp_path))
    for typed in (f" {path} ", "~/bed.json"):
        options, mistakes = options_from_text({"schema": typed}, DEFAULTS)
        assert mistakes == {}
        assert options == replace(DEFAULTS, schema=read_schema(path))
        assert text_of(options, "schema") == str(path)
    assert options_from_text({"schema": " "}, options) == (DEFAULTS, {})
    for typed, said in (
        ("~nobody-here/x", "no such file"),
        ("\0", "can't be read"),
        ("/", "no file"),
    ):
        options, mistakes = options_from_text({"schema": typed}, DEFAULTS)
        assert said in mistakes["schema"]
        assert options == DEFAULTS


def test_one_mistake_does_not_hide_another() -> None:
    typed = {"temperature": "hot", "max_tokens": "many", "endpoint": RESPONSES}
    options, mistakes = options_from_text(typed, DEFAULTS)
    assert list(mistakes) == ["temperature", "max_tokens"]
    assert options.endpoint == RESPONSES


@pytest.mark.parametrize("name", ["model", "temperature", "max_tokens", "system", "window"])
def test_what_a_field_shows_is_understood_again(name: str) -> None:
    for options in (DEFAULTS, RequestOptions(temperature=None, max_tokens=None, system="a\nb")):
        again, mistakes = options_from_text({name: text_of(options, name)}, options)
        assert (again, mistakes) == (options, {})
