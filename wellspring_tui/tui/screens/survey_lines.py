"""A checked prompts file as lines: what it holds, what it costs, what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.answers.texts import prompt_text
from wellspring_tui.text import one_line
from wellspring_tui.tui import look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.prompts.checking import Survey

_SECTIONS_SHOWN = 40
_PROBLEMS_SHOWN = 200


def survey_lines(found: Survey, estimate: Estimate | None) -> list[Content]:
    """Facts, cost, problems, sections and the first prompts of a file."""
    return [
        *fact_lines(found),
        *(cost_lines(estimate) if estimate else ()),
        *_problem_lines(found),
        *_section_lines(found),
        *_sample_lines(found),
    ]


def fact_lines(found: Survey) -> Iterator[Content]:
    """How much there is, and what will be done with it."""
    blank = f" · {found.blank:,} blank left out" if found.blank else ""
    yield look.labelled("kind", found.kind.value)
    yield look.labelled("prompts", f"{found.prompts:,} in {len(found.sections):,} sections{blank}")
    models = ", ".join(one_line(model, 30) for model, _ in found.models.most_common(3))
    yield look.labelled("model", models)
    yield look.labelled("endpoint", str(found.endpoint))
    for note in found.notes:
        yield look.labelled("note", Content.styled(one_line(note), look.WARN))


def cost_lines(estimate: Estimate) -> Iterator[Content]:
    """Tokens and money before sending."""
    out = "unknown" if estimate.output_limit is None else f"{estimate.output_limit:,}"
    yield look.labelled("tokens", f"≈ {estimate.input_tokens:,} in, at most {out} out")
    known = estimate.batch is not None or estimate.real_time is not None
    batch, real_time = figures.money(estimate.batch), figures.money(estimate.real_time)
    prices = f"at most ≈ {batch} · real time {real_time}" if known else "unknown for this model"
    if not estimate.free:
        yield look.labelled("cost", prices)
        return
    yield look.labelled("cost", Content.styled("free", look.GOOD) + " on the built-in service")
    yield look.labelled("at OpenAI", Content.styled(prices, look.QUIET))


def _problem_lines(found: Survey) -> Iterator[Content]:
    if not found.problem_count:
        return
    yield Content("")
    word = "problem" if found.problem_count == 1 else "problems"
    yield Content.styled(f"× {found.problem_count:,} {word}: nothing can be sent", look.BAD)
    for problem in found.problems[:_PROBLEMS_SHOWN]:
        yield Content(f"  {one_line(str(problem))}")
    hidden = found.problem_count - _PROBLEMS_SHOWN
    if hidden > 0:
        yield Content.styled(f"  and {hidden:,} more", look.QUIET)


def _section_lines(found: Survey) -> Iterator[Content]:
    yield Content("")
    for name, types in list(found.sections.items())[:_SECTIONS_SHOWN]:
        yield Content.styled(one_line(name), "bold $text-primary")
        shown = list(types.items())[:8]
        for kind, number in shown:
            yield Content(f"  {one_line(kind)}" + (f" × {number:,}" if number > 1 else ""))
        if len(types) > len(shown):
            yield Content.styled(f"  and {len(types) - len(shown):,} more", look.QUIET)
    hidden = len(found.sections) - _SECTIONS_SHOWN
    if hidden > 0:
        yield Content.styled(f"and {hidden:,} more sections", look.QUIET)


def _sample_lines(found: Survey) -> Iterator[Content]:
    for sample in found.samples[:3]:
        yield Content("")
        yield Content.styled(
            f"{one_line(sample.section)} › {one_line(sample.prompt_type)}", look.QUIET
        )
        try:
            text = prompt_text(sample.line)
        except msgspec.DecodeError:
            continue
        yield Content(one_line(text, 400))
