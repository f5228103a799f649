"""The review: what is sent, for how much, and what speaks against it, before anything is sent."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from textual import events
from textual.widgets import Button, Input, Select, Static, TextArea

from tests.support.files import jsonl, request, visual
from wellspring_tui.prompts.model import RequestOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.settings import Settings
    from wellspring_tui.wellspring import Wellspring

    Open = Callable[..., AbstractAsyncContextManager[Hand]]

# A key that is never sent anywhere: no job of these tests is submitted to OpenAI.
OPENAI = {"service": "openai", "environment": {"OPENAI_API_KEY": "sk-not-a-key"}}
COST = "at most ≈ $0.0054"
"""Of the sample at OpenAI's batch prices for gpt-4o-mini."""


async def review(hand: Hand) -> None:
    """Go to the review of the sample."""
    await hand.press("n")
    await hand.until_shown("9 in 3 sections")
    await hand.press("enter")
    await hand.until_on("ReviewScreen")


def fill(hand: Hand, **texts: str) -> None:
    """Write into fields."""
    for name, text in texts.items():
        match hand.app.screen.query_one(f"#{name}"):
            case Input() as field:
                field.value = text
            case TextArea() as area:
                area.text = text
            case Select() as choice:
                choice.value = text


def button(hand: Hand) -> Button:
    """The one that submits."""
    return hand.app.screen.query_one("#submit", Button)


async def until_ready(hand: Hand) -> None:
    """Wait until the job may be submitted."""
    await hand.until(lambda: not button(hand).disabled, "the button")


async def test_the_button_says_what_happens_and_the_sum_what_is_agreed_to(
    open_dashboard: Open,
) -> None:
    async with open_dashboard(demo=True, **OPENAI) as hand:
        await review(hand)
        assert f"Submit 9 prompts · {COST}" in hand.text
        assert f"9 prompts · {COST} · real time $0.0109 · gpt-4o-mini · openai" in hand.text
        assert "1 input file, 3.5 kB" in hand.text
        assert "limit unknown: what finds no room waits" in hand.text


async def test_settings_of_the_review_reach_the_job(open_dashboard: Open) -> None:
    async with open_dashboard(demo=True) as hand:
        await review(hand)
        fill(hand, model="gpt-4.1-nano", max_tokens="321", system="Be brief.\nBe kind.")
        fill(hand, name="mine", description="for Monday", tags="garden, #Draft, garden")
        await hand.pilot.pause()
        await until_ready(hand)
        await hand.press("ctrl+s")
        await hand.until_on("JobsScreen")
        (job,) = hand.app.door.jobs()
        assert (job.name, job.description, job.model) == ("mine", "for Monday", "gpt-4.1-nano")
        assert job.tags == ("garden", "Draft")
        inputs = hand.app.door.settings.places.inputs(job.id)
        written = (inputs / "part-001.jsonl").read_bytes()
        assert b'"max_tokens":321' in written
        assert b"Be brief.\\nBe kind." in written


async def test_settings_are_remembered_for_the_next_file_of_the_kind(
    open_dashboard: Open, wellspring: Wellspring, prompts_path: Path
) -> None:
    options = RequestOptions("gpt-4.1-nano", 1.0, 321, "Be brief.", "/v1/responses", "24h")
    wellspring.submit(prompts_path, options)
    async with open_dashboard(demo=True) as hand:
        await hand.press("n")
        await hand.until_shown("9 in 3 sections")
        assert "gpt-4.1-nano" in hand.text  # the preview prices what would be sent
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        fields = hand.app.screen
        texts = {
            name: fields.query_one(f"#{name}", Input).value
            for name in ("model", "temperature", "max_tokens", "window")
        }
        assert texts == {
            "model": "gpt-4.1-nano", "temperature": "1", "max_tokens": "321", "window": "24h",
        }  # fmt: skip
        assert fields.query_one("#system", TextArea).text == "Be brief."
        assert fields.query_one("#endpoint", Select).value == "/v1/responses"
        fill(hand, model="gpt")
        model = fields.query_one("#model", Input)
        await hand.until(lambda: model._suggestion == "gpt-4.1-nano", "a model used before")


async def test_a_mistake_is_said_beside_its_field_at_once_and_nothing_is_sent(
    open_dashboard: Open,
) -> None:
    async with open_dashboard((120, 30), demo=True) as hand:
        await review(hand)
        mistakes = {
            "temperature": ("hot", "expected a number, found “hot”"),
            "max_tokens": ("0", "expected a count from 1"),
            "model": ("", "a model is needed"),
            "tags": ("x" * 41, "a tag has at most 40 characters"),
            "max_cost": ("lots", "expected dollars such as 2.50"),
            "window": ("soon", "expected a time such as 24h"),
        }
        for field, (text, said) in mistakes.items():
            fill(hand, **{field: text})
            beside = hand.app.screen.query_one(f"#{field}-says", Static)
            await hand.until(lambda at=beside: at.display, f"the mistake in {field}")  # type: ignore[misc]
            assert said in str(beside.render())
        assert button(hand).disabled
        assert "× Tags: a tag has at most 40 characters" in hand.text  # the first of them
        await hand.press("ctrl+s")
        await hand.until(lambda: any("Tags: a tag" in toast for toast in hand.toasts), "a toast")
        assert hand.app.door.count_jobs() == 0
        assert type(hand.app.screen).__name__ == "ReviewScreen"


async def test_a_schema_is_judged_as_its_path_is_typed_and_goes_with_every_request(
    open_dashboard: Open, tmp_path: Path
) -> None:
    bed = tmp_path / "bed.json"
    bed.write_text(json.dumps({"type": "array"}))
    async with open_dashboard((120, 30), demo=True) as hand:
        await review(hand)
        beside = hand.app.screen.query_one("#schema-says", Static)
        for typed, said in (
            (bed.with_name("be"), "there is no such file"),
            (bed, "root must have"),
        ):
            fill(hand, schema=str(typed))
            await hand.until(lambda said=said: said in str(beside.render()), said)  # type: ignore[misc]
            assert button(hand).disabled
        bed.write_text(json.dumps({"type": "object", "properties": {"plant": {"type": "string"}}}))
        fill(hand, schema=f" {bed}")
        await hand.until_shown("bed is sent without strict")
        assert not beside.display
        await until_ready(hand)
        await hand.press("ctrl+s")
        await hand.until_on("JobsScreen")
        (job,) = hand.app.door.jobs()
        written = hand.app.door.settings.places.inputs(job.id) / "part-001.jsonl"
        assert b'"json_schema":{"name":"bed","strict":false' in written.read_bytes()
        assert job.options is not None
        assert job.options.schema is not None
        assert job.options.schema.source == str(bed)
        # It was made for these prompts; the next ones start without.
        assert hand.app.door.options_for(job.kind).schema is None


async def test_a_job_above_the_limit_of_costs_is_held_until_something_is_changed(
    open_dashboard: Open,
) -> None:
    async with open_dashboard((120, 30), demo=True, **OPENAI) as hand:
        await review(hand)
        fill(hand, max_cost="0.001")
        await hand.until_shown("× this would cost up to ≈ $0.0054, more than the limit of $0.0010")
        assert button(hand).disabled
        fill(hand, max_cost="0.01")
        await hand.until_shown(f"Submit 9 prompts · {COST}")
        fill(hand, model="my-own-model")
        await hand.until_shown("price of my-own-model is unknown, so the limit of $0.0100")
        fill(hand, max_cost="none")
        await hand.until_shown("Submit 9 prompts · price unknown")


async def test_the_limit_of_the_settings_counts_in_the_review_too(open_dashboard: Open) -> None:
    limits = {**OPENAI, "max_cost": Decimal("0.001")}
    async with open_dashboard((80, 40), demo=True, **limits) as hand:
        await review(hand)
        await hand.until_shown("more than the limit of $0.0010")
        assert "0.001 is set; none lifts it" in hand.text
        fill(hand, service="local")
        await hand.until_shown("Submit 9 prompts · free")


async def test_a_service_without_a_key_says_which_variable_to_set(open_dashboard: Open) -> None:
    async with open_dashboard((120, 30), demo=True) as hand:
        await review(hand)
        await hand.until_shown("Answers of the built-in service are simulated.")
        fill(hand, service="openai")
        await hand.until_shown("Set OPENAI_API_KEY")
        assert button(hand).disabled


async def test_where_somebody_real_answers_nothing_is_called_simulated(
    open_dashboard: Open,
) -> None:
    async with open_dashboard((120, 30), demo=True, service="vllm") as hand:
        await review(hand)
        await hand.until_shown("Answers come from the model server http://localhost:8000.")
        assert "simulated" not in hand.text.lower()
        assert not button(hand).disabled


async def test_a_window_that_the_service_has_not_is_said(open_dashboard: Open) -> None:
    async with open_dashboard((80, 40), demo=True) as hand:
        await review(hand)
        fill(hand, window="7d")
        await hand.until_shown("local has no window of 7d. It takes 24h")
        assert button(hand).disabled


async def test_parameters_that_are_put_right_are_said(open_dashboard: Open) -> None:
    async with open_dashboard((80, 40), demo=True) as hand:
        await review(hand)
        assert re.search(r"tokens +[\d,]+ in", hand.text)
        fill(hand, model="o4-mini")
        await hand.until_shown("o4-mini takes no temperature: left out.")
        assert re.search(r"tokens +≈ [\d,]+ in", hand.text)
        assert "o4-mini takes max_completion_tokens instead of max_tokens." in hand.text


def narrowed(settings: Settings, **limits: Any) -> dict[str, Any]:
    """Changes of settings by which OpenAI takes less at once."""
    services = {**settings.services, "openai": replace(settings.services["openai"], **limits)}
    return {**OPENAI, "services": services}


async def test_parts_and_turns_in_the_queue_are_told(
    open_dashboard: Open, settings: Settings
) -> None:
    narrow = narrowed(settings, enqueued_tokens=200, max_requests=5)
    async with open_dashboard((80, 40), demo=True, **narrow) as hand:
        await review(hand)
        assert "input files, each at most" in hand.text
        assert "tokens; the queue of gpt-4o-mini takes 200" in hand.text
        assert "turns by itself" in hand.text


async def test_names_tags_and_limits_are_changed_without_reading_the_file_again(
    open_dashboard: Open, folder: Path
) -> None:
    path = folder / "garden.json"
    path.write_bytes(visual())
    async with open_dashboard(**OPENAI) as hand:
        await hand.press("n")
        await hand.until_shown("4 in 2 sections")
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        path.write_bytes(visual({"Only": {"one": "prompt"}}))
        fill(hand, name="other", description="d", tags="t", max_cost="1")
        await hand.pilot.pause(0.5)
        assert "Submit 4 prompts" in hand.text
        fill(hand, temperature="0.9")
        await hand.until_shown("Submit 1 prompt ·")


async def test_a_file_that_went_is_told_once_and_nothing_is_sent(
    open_dashboard: Open, folder: Path
) -> None:
    path = folder / "garden.json"
    path.write_bytes(visual())
    async with open_dashboard((120, 30), **OPENAI) as hand:
        await hand.press("n")
        await hand.until_shown("4 in 2 sections")
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        path.unlink()
        fill(hand, model="gpt-4.1")
        await hand.until_shown("What this costs is not known yet.")
        await hand.until_shown("there is no such file")
        path.write_bytes(visual())
        fill(hand, name="other")
        await hand.pilot.pause(0.6)
        assert "there is no such file" in hand.text
        assert button(hand).disabled
        fill(hand, model="gpt-4o-mini")  # as it was read before
        await until_ready(hand)
        assert "Submit 4 prompts" in hand.text


async def test_the_last_settings_win_however_fast_they_come(open_dashboard: Open) -> None:
    async with open_dashboard(demo=True, **OPENAI) as hand:
        await review(hand)
        for tokens in ("1", "10", "100", "1000"):
            fill(hand, max_tokens=tokens)
            await hand.pilot.pause(0.05)
        await hand.until_shown("at most 9,000 out")
        fill(hand, max_tokens="500")
        fill(hand, max_tokens="1000")  # back to what was read already
        await hand.pilot.pause(0.6)
        assert "at most 9,000 out" in hand.text
        assert not button(hand).disabled


async def test_every_field_is_reached_with_tab_and_the_cost_stays_in_sight(
    open_dashboard: Open,
) -> None:
    async with open_dashboard((80, 24), demo=True, **OPENAI) as hand:
        await review(hand)
        reached = []
        for _ in range(15):
            assert f"Submit 9 prompts · {COST}" in hand.text
            focused = hand.app.focused
            assert focused is not None
            assert hand.app.screen.region.contains_region(focused.region)
            reached.append(focused.id)
            await hand.press("tab")
        assert set(reached) == {
            *("submit", "back", "now", "service", "name", "description", "tags", "model"),
            *("temperature", "max_tokens", "system", "schema", "max_cost", "endpoint"),
            "window",
        }
        assert hand.app.focused is button(hand)


async def test_ready_made_requests_bring_their_own_settings(
    open_dashboard: Open, folder: Path
) -> None:
    (folder / "ready.jsonl").write_bytes(jsonl([request("a", model="gpt-4.1", max_tokens=9)]))
    async with open_dashboard(**OPENAI) as hand:
        await hand.press("n")
        await hand.until_shown("batch requests")
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        assert not hand.app.screen.query("#model, #temperature, #system, #endpoint")
        assert "gpt-4.1" in hand.text
        assert "Submit 1 prompt · at most ≈" in hand.text


async def test_a_submission_is_stopped_with_escape_and_leaves_nothing(
    open_dashboard: Open, folder: Path
) -> None:
    # Enough to take a while, so that there is something to stop.
    types = {f"type {number}": "Which soil?" for number in range(500)}
    (folder / "many.json").write_bytes(visual({f"S {number}": types for number in range(300)}))
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("150,000 in 300 sections")
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        for key in ("ctrl+s", "escape"):  # without waiting until the first has done its work
            hand.app.post_message(events.Key(key, None))
        await hand.until(lambda: any("nothing was sent" in toast for toast in hand.toasts), "it")
        assert hand.app.door.count_jobs() == 0
        assert not list((hand.app.door.settings.places.data / "input").glob("*"))
        await until_ready(hand)
        await hand.press("escape")
        await hand.until_on("NewJobScreen")
