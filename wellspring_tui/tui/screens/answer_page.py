"""One request as a page to read: its answer, its prompt, the raw response or the usage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import msgspec
from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.answers.model import State
from wellspring_tui.answers.texts import prompt_text, response_text
from wellspring_tui.errors import WellspringError
from wellspring_tui.text import one_line
from wellspring_tui.tui import look

if TYPE_CHECKING:
    from wellspring_tui.answers.model import Answer
    from wellspring_tui.answers.results import Results

View = Literal["answer", "prompt", "raw", "usage"]
VIEWS: tuple[View, ...] = ("answer", "prompt", "raw", "usage")


@dataclass(frozen=True, slots=True)
class Item:
    """A request and what is known of it beside its texts."""

    answer: Answer
    expected: bool
    """Its answer may still come."""
    cost: str = ""
    """As people read it; empty while it is not known."""
    label: str = ""
    """What its pane is called, where there are several."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a pane shows: a title over a text or over lines that are styled already."""

    title: Content
    """Which request it is."""
    facts: tuple[Content, ...] = ()
    """What came of it, in ever fewer words: the first that fits is shown."""
    lines: tuple[Content, ...] = ()
    text: str | None = None
    """The text exactly as it came; what shows it makes it safe."""
    is_markdown: bool = False
    suffix: str = ".txt"
    """What a file of the text is called."""
    copied: str | None = None
    """What is copied in place of the text."""


def page(results: Results, item: Item, view: View) -> Page:
    """A request in one of the views; of its usage, the part that is its own."""
    empty = Page(_title(item), _facts(item))
    try:
        match view:
            case "answer":
                return _answer_page(results, item, empty)
            case "prompt":
                return _prompt_page(results, item.answer, empty)
            case "raw":
                return _raw_page(results, item, empty)
            case "usage":
                return _usage_page(item.answer, empty)
    except (WellspringError, msgspec.DecodeError) as error:
        return replace(empty, lines=(Content.styled(f"× {one_line(str(error))}", look.BAD),))


def _answer_page(results: Results, item: Item, empty: Page) -> Page:
    line = results.response_line(item.answer)
    if line is None:
        return replace(empty, lines=(_missing_line(item),))
    if item.answer.state is State.FAILED:
        reason = item.answer.reason or "No reason was given."
        return replace(empty, lines=_failed_lines(item.answer, reason), copied=reason)
    text = response_text(line)
    if item.answer.has_schema and (laid_out := _laid_out(text)):
        return replace(empty, text=laid_out, suffix=".json", copied=text)
    return replace(empty, text=text, is_markdown=True, suffix=".md")


def _laid_out(text: str) -> str | None:
    """JSON with a line for each value; None for what is no JSON."""
    try:
        return msgspec.json.format(text, indent=2)
    except (msgspec.DecodeError, RecursionError):
        return None


def _prompt_page(results: Results, answer: Answer, empty: Page) -> Page:
    sent = results.request_line(answer)
    if not sent:
        never = Content.styled("The file of requests was never here.", look.QUIET)
        return replace(empty, lines=(never,))
    return replace(empty, text=prompt_text(sent), suffix=".md")


def _raw_page(results: Results, item: Item, empty: Page) -> Page:
    line = results.response_line(item.answer)
    if line is None:
        return replace(empty, lines=(_missing_line(item),))
    as_it_came = line.decode("utf-8", "replace").removesuffix("\n")
    try:
        text = msgspec.json.format(line, indent=2).decode("utf-8", "replace")
    except msgspec.DecodeError:  # half a surrogate pair, which other readers let pass
        text = as_it_came
    return replace(empty, text=text, suffix=".json", copied=as_it_came)


def _usage_page(answer: Answer, empty: Page) -> Page:
    if answer.state is not State.ANSWERED:
        return empty
    usage = answer.usage
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    thought = f" ({usage.reasoning_tokens:,} reasoning)" if usage.reasoning_tokens else ""
    # Above the text there may be room for the beginning only.
    off = (Content.styled(f"▲ {answer.off_schema}", look.WARN),) if answer.off_schema else ()
    lines = (
        *off,
        Content.styled("This answer", "bold $text-primary"),
        look.labelled("input", f"{usage.input_tokens:,}{cached}"),
        look.labelled("output", f"{usage.output_tokens:,}{thought}"),
        look.labelled("total", f"{usage.total_tokens:,}"),
        Content(""),
    )
    shown = msgspec.json.format(msgspec.json.encode(usage), indent=2).decode()
    return replace(empty, lines=lines, suffix=".json", copied=shown)


def _title(item: Item) -> Content:
    return Content.assemble(
        (f"{item.label}  " if item.label else "", "bold $text-accent"),
        (one_line(item.answer.prompt_type), "bold"),
        (f"  {one_line(item.answer.section)}", look.QUIET),
    )


def _facts(item: Item) -> tuple[Content, ...]:
    """Outcome, finish reason, usage and cost, and the model where there is room."""
    answer, usage = item.answer, item.answer.usage
    long = f"{usage.input_tokens:,} in + {usage.output_tokens:,} out"
    short = f"{figures.tokens(usage.input_tokens)}→{figures.tokens(usage.output_tokens)}"
    if not usage.total_tokens:
        long = short = ""
    finish, model = one_line(answer.finish or "", 20), one_line(answer.model or "", 40)
    sign, word = look.outcome(answer, expected=item.expected)

    off = answer.off_schema or ""

    def joined(*facts: str) -> Content:
        said = "".join(f" · {fact}" for fact in facts if fact)
        return Content.assemble(sign, " ", word, (said, look.QUIET))

    if off:  # what is wrong with it is worth more than the rest
        return joined(off, finish, long, item.cost, model), joined(off, long), joined(off)
    return (
        joined(finish, long, item.cost, model),
        joined(finish, long, item.cost),
        joined(finish, short, item.cost),
    )


def _missing_line(item: Item) -> Content:
    if item.expected:
        return Content.styled("The answer has not come yet.", look.QUIET)
    return Content.styled("The service gave no answer to this request.", look.WARN)


def _failed_lines(answer: Answer, reason: str) -> tuple[Content, ...]:
    code = f" (status {answer.status_code})" if answer.status_code else ""
    return (
        Content.styled(f"× This request failed{code}.", look.BAD),
        Content(""),
        Content(one_line(reason)),
    )
