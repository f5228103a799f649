"""Reading an answer: plain, as Markdown, searching, at any width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.app import App
from textual.content import Content

from tests.tui.widgets.tables import painted, texts
from wellspring_tui.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.pilot import Pilot

ANSWER = """# Development budget

The **budget** of a village has _three_ parts, as the [guide](http://example.org) says.

- land
- water

1. first
2. second

| Part | Share |
| --- | ---: |
| Land | 12% |

```python
def share() -> int:
    return 12
```

<details>what a model put in a tag</details>

![a map](map.png)
"""
NUMBERED = "\n".join(f"line {n}" for n in range(100))


class ReaderApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.reader = Reader()
        self.hits: list[tuple[int, int]] = []

    def compose(self) -> ComposeResult:
        yield self.reader

    def on_mount(self) -> None:
        self.reader.focus()

    def on_reader_hits_changed(self, event: Reader.HitsChanged) -> None:
        self.hits.append((event.number, event.count))


async def rendered(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def lines(app: ReaderApp) -> list[str]:
    assert all(text.startswith(" ") for text in texts(app.reader))
    return [text[1:].rstrip() for text in texts(app.reader)]


async def test_plain_text_is_wrapped_to_the_width_and_again_to_a_new_one() -> None:
    app = ReaderApp()
    async with app.run_test(size=(23, 8), notifications=True) as pilot:
        app.reader.show_plain("one two three four five six\n\n**as it is**")
        await pilot.pause()
        assert lines(app)[:4] == ["one two three four", "five six", "", "**as it is**"]
        await pilot.resize_terminal(13, 8)
        await pilot.pause()
        assert lines(app)[:3] == ["one two", "three four", "five six"]


async def test_without_wrapping_one_scrolls_sideways() -> None:
    app = ReaderApp()
    async with app.run_test(size=(23, 8), notifications=True) as pilot:
        app.reader.show_plain("one two three four five six seven eight\nx")
        app.reader.wrap = False
        await pilot.pause()
        assert lines(app)[:2] == ["one two three four fiv", "x"]
        await pilot.press("right")
        assert lines(app)[0] == "three four five six se"
        app.reader.wrap = True
        await pilot.pause()
        assert lines(app)[:2] == ["one two three four", "five six seven eight"]


@pytest.mark.parametrize(
    ("keys", "top"),
    [
        (["down"], 1),
        (["j", "j", "k"], 1),
        (["end"], 90),
        (["G", "g"], 0),
        (["G", "home"], 0),
        (["pagedown"], 9),
        (["space", "space", "b"], 9),
        (["ctrl+d"], 4),
        (["ctrl+d", "ctrl+u"], 0),
        (["up"], 0),
    ],
)
async def test_keys_scroll(keys: list[str], top: int) -> None:
    app = ReaderApp()
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        app.reader.show_plain(NUMBERED)
        await pilot.pause()
        await pilot.press(*keys)
        assert lines(app)[0] == f"line {top}"


async def test_another_text_starts_at_its_top_and_the_same_stays_where_it_is() -> None:
    app = ReaderApp()
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        app.reader.show_plain(NUMBERED)
        await pilot.pause()
        await pilot.press("pagedown")
        app.reader.show_plain(NUMBERED)
        await pilot.pause()
        assert lines(app)[0] == "line 9"
        app.reader.show_plain(NUMBERED + "\nand more")
        await pilot.pause()
        assert lines(app)[0] == "line 0"


async def test_the_place_is_kept_when_the_width_changes() -> None:
    app = ReaderApp()
    async with app.run_test(size=(60, 10), notifications=True) as pilot:
        app.reader.show_plain("\n".join(f"{n} " + "word " * 20 for n in range(50)))
        await pilot.pause()
        app.reader.scroll_to(y=2 * 25, animate=False)
        await pilot.pause()
        assert lines(app)[0].startswith("25 word")
        for width in (30, 100, 60):
            await pilot.resize_terminal(width, 10)
            await pilot.pause()
            assert lines(app)[0].startswith("25 word")


# Markdown


async def test_markdown_is_plain_at_once_and_rendered_soon() -> None:
    app = ReaderApp()
    async with app.run_test(size=(60, 40), notifications=True) as pilot:
        app.reader.show_markdown(ANSWER)
        assert "**budget**" in app.reader.shown_text
        await rendered(pilot)
        shown = lines(app)
        assert shown[0] == "Development budget"
        assert "The budget of a village has three parts, as the guide" in shown
        assert any("• land" in line for line in shown)
        assert any("Land" in line and line.endswith("12%") for line in shown)
        assert "     return 12" in shown, shown


async def test_nothing_that_was_answered_vanishes_in_rendering() -> None:
    app = ReaderApp()
    async with app.run_test(size=(60, 40), notifications=True) as pilot:
        app.reader.show_markdown(ANSWER)
        await rendered(pilot)
        for words in (
            "<details>what a model put in a tag</details>",
            "a map",
            "map.png",
            "example.org",
        ):
            assert words in app.reader.shown_text


async def test_headings_have_the_colours_of_the_theme() -> None:
    app = ReaderApp()
    async with app.run_test(size=(60, 40), notifications=True) as pilot:

        def heading() -> object:
            style = next(s.style for s in painted(app.reader)[0] if "Development" in s.text)
            assert style is not None
            assert style.bold
            return style.color

        app.reader.show_markdown(ANSWER)
        await rendered(pilot)
        dark = heading()
        app.theme = "textual-light"
        await rendered(pilot)
        assert heading() != dark


async def test_a_rendering_that_is_late_is_dropped() -> None:
    app = ReaderApp()
    async with app.run_test(size=(60, 40), notifications=True) as pilot:
        app.reader.show_markdown(ANSWER)
        app.reader.show_plain("something **else**")
        await rendered(pilot)
        assert lines(app)[0] == "something **else**"
        app.reader.show_markdown(ANSWER)
        app.reader.show_markdown("**another**")
        await rendered(pilot)
        assert lines(app)[0] == "another"
        assert "Development" not in app.reader.shown_text


async def test_markdown_is_rendered_again_for_a_width_that_lasts() -> None:
    app = ReaderApp()
    async with app.run_test(size=(60, 40), notifications=True) as pilot:
        app.reader.show_markdown(ANSWER)
        await rendered(pilot)
        await pilot.resize_terminal(30, 40)
        await pilot.pause(0.3)
        await rendered(pilot)
        assert "The budget of a village has" in lines(app)
        assert "**" not in app.reader.shown_text


async def test_a_long_answer_is_rendered_from_its_start_and_plain_to_its_end() -> None:
    app = ReaderApp()
    paragraph = "Some **bold** words.\n\n"
    text = paragraph * 5_000
    async with app.run_test(size=(60, 20), notifications=True) as pilot:
        app.reader.show_markdown(text)
        await rendered(pilot)
        assert lines(app)[0] == "Some bold words."
        await pilot.press("G")
        assert "Some **bold** words." in lines(app)
        assert app.reader.shown_text.count("Some") == 5_000


async def test_a_reader_may_be_filled_before_it_is_on_the_screen() -> None:
    app = ReaderApp()
    app.reader.show_markdown("some **bold** words")
    async with app.run_test(size=(60, 20), notifications=True) as pilot:
        await rendered(pilot)
        assert lines(app)[0] == "some bold words"


async def test_styled_lines_are_shown_and_wrapped() -> None:
    app = ReaderApp()
    async with app.run_test(size=(22, 10), notifications=True) as pilot:
        app.reader.show_lines(
            [Content.styled("Tokens", "bold"), Content("one two three four five")]
        )
        await pilot.pause()
        assert lines(app)[:3] == ["Tokens", "one two three four", "five"]
        app.reader.show_plain("other")
        await pilot.pause()
        assert lines(app)[:2] == ["other", ""]


# Searching


async def test_searching_counts_and_goes_to_the_next_and_the_one_before() -> None:
    app = ReaderApp()
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        app.reader.show_plain(NUMBERED)
        await pilot.pause()
        assert app.reader.search("LINE 9") == 11
        assert app.reader.hit_number == 1
        await pilot.pause()
        assert "line 9" in lines(app)
        app.reader.next_hit()
        await pilot.pause()
        assert "line 90" in lines(app)
        app.reader.previous_hit()
        app.reader.previous_hit()
        await pilot.pause()
        assert app.reader.hit_number == 11
        assert "line 99" in lines(app)
        assert app.hits == [(1, 11), (2, 11), (1, 11), (11, 11)]


async def test_searching_starts_at_what_is_in_view() -> None:
    app = ReaderApp()
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        app.reader.show_plain(NUMBERED)
        await pilot.pause()
        await pilot.press("pagedown", "pagedown")
        app.reader.search("line")
        await pilot.pause()
        assert app.reader.hit_number == 19
        assert lines(app)[0] == "line 18"


async def test_hits_stand_out_and_go_away_again() -> None:
    app = ReaderApp()
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        app.reader.show_plain("the budget 村 and the Budget")
        await pilot.pause()
        plain = painted(app.reader)[0]
        app.reader.search("budget")
        await pilot.pause()
        strip = painted(app.reader)[0]
        found = [segment for segment in strip if segment.text.lower() == "budget"]
        assert len(found) == 2
        assert found[0].style != found[1].style
        assert strip.text == plain.text
        assert app.reader.search("") == 0
        await pilot.pause()
        assert painted(app.reader)[0] == plain


async def test_hits_are_counted_in_what_is_shown_when_it_is_rendered() -> None:
    app = ReaderApp()
    async with app.run_test(size=(40, 30), notifications=True) as pilot:
        app.reader.show_markdown("the **bud**get and the budget\n\n- and _the budget_")
        await pilot.pause()
        app.reader.search("the budget")
        await rendered(pilot)
        assert app.reader.hit_count == 3
        assert app.hits[-1][1] == 3


async def test_what_is_shown_next_is_searched_too() -> None:
    app = ReaderApp()
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        app.reader.show_plain("one budget")
        await pilot.pause()
        app.reader.search("budget")
        app.reader.show_plain("budget after budget")
        await pilot.pause()
        assert app.reader.hit_count == 2
        app.reader.show_plain("nothing of it")
        await pilot.pause()
        assert (app.reader.hit_number, app.reader.hit_count) == (0, 0)
        app.reader.next_hit()


async def test_a_hit_in_a_long_line_that_is_not_wrapped_comes_into_view() -> None:
    app = ReaderApp()
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        app.reader.wrap = False
        app.reader.show_plain("word " * 100 + "needle " + "word " * 100)
        await pilot.pause()
        assert app.reader.search("needle") == 1
        await pilot.pause()
        assert "needle" in lines(app)[0]


async def test_one_can_go_to_the_first_hit_and_to_the_last() -> None:
    app = ReaderApp()
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        app.reader.show_plain(NUMBERED)
        await pilot.pause()
        app.reader.search("line")
        app.reader.go_to_hit(-1)
        assert app.reader.hit_number == 100
        assert "line 99" in lines(app)
        app.reader.go_to_hit(1)
        assert app.reader.hit_number == 1
        app.reader.go_to_hit(-1)
        app.reader.show_plain(f"another {NUMBERED}")
        assert app.reader.hit_number == 1


async def test_markdown_whose_rendering_would_hide_a_hit_stays_plain() -> None:
    app = ReaderApp()
    async with app.run_test(size=(60, 20), notifications=True) as pilot:
        app.reader.show_markdown(ANSWER)
        await rendered(pilot)
        assert app.reader.search("**budget**") == 1
        assert "**budget**" in app.reader.shown_text
        app.reader.show_markdown(f"{ANSWER}\nMore **budget**.")
        await rendered(pilot)
        assert app.reader.hit_count == 2
        assert app.reader.search("budget") == 3
        await rendered(pilot)
        assert "**" not in app.reader.shown_text
        assert app.reader.hit_count == 3


async def test_the_hit_one_looks_at_stays_in_view_when_the_text_is_rendered() -> None:
    app = ReaderApp()
    async with app.run_test(size=(40, 8), notifications=True) as pilot:
        app.reader.search("needle")
        # Rendered, the first half is much shorter: the place in the text alone would mislead.
        shrinks = ["**a** **b** **c** **d**"] * 60
        app.reader.show_markdown("\n\n".join([*shrinks, "a needle", *["a plain line"] * 120]))
        app.reader.go_to_hit(1)
        await rendered(pilot)
        assert any("a needle" in line for line in lines(app))
