"""A checked prompts file as lines: what it holds, what it costs, what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.jobs.needs import parts_sentence
from wellspring_tui.prompts.template import listed
from wellspring_tui.text import one_line
from wellspring_tui.tui import look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.prompts.checking import Survey
    from wellspring_tui.tui.readings import Reading

_SECTIONS_SHOWN = 40
_QUEUES_SHOWN = 3


def survey_lines(reading: Reading) -> list[Content]:
    """Facts, cost, problems, sections and the first prompts of a file."""
    found = reading.found
    if found.template_needed:
        return [*content_lines(found), Content(""), *template_lines()]
    return [
        *content_lines(found),
        *target_lines(found),
        *(need_lines(reading) if len(reading.needs.parts) > 1 else ()),
        *cost_lines(reading.cost),
        *note_lines(found),
        *_problem_lines(found),
        *_section_lines(found),
        *_sample_lines(found),
    ]


def content_lines(found: Survey) -> Iterator[Content]:
    """How much there is."""
    blank = f" · {found.blank:,} blank left out" if found.blank else ""
    yield look.labelled("kind", found.kind.value)
    if found.columns:
        yield look.labelled("columns", listed(found.columns))
    if found.template_needed:
        return
    yield look.labelled("prompts", f"{found.prompts:,} in {_sections(len(found.sections))}{blank}")


def template_lines() -> Iterator[Content]:
    """What a table still lacks."""
    yield _warning("This is a table: a template has to make prompts of its rows.")
    yield Content.styled("Enter goes on to write one.", look.QUIET)


def _sections(number: int) -> str:
    return f"{number:,} section{'s' * (number != 1)}"


def target_lines(found: Survey) -> Iterator[Content]:
    """Where it is to go."""
    models = ", ".join(one_line(model, 30) for model, _ in found.models.most_common(3))
    yield look.labelled("model", models)
    yield look.labelled("endpoint", str(found.endpoint))


def note_lines(found: Survey) -> Iterator[Content]:
    """What will be put right before anything is sent."""
    for note in found.notes:
        yield look.labelled("note", _warning(note))


def need_lines(reading: Reading) -> Iterator[Content]:
    """What it needs of the service: parts, and room in the queue."""
    yield look.labelled("parts", parts_sentence(reading.needs.parts))
    known = [need for need in reading.needs.queue if need.limit is not None]
    for need in known[:_QUEUES_SHOWN]:
        said = str(need)
        yield look.labelled("queue", said if need.fits else _warning(said))
    if len(known) > _QUEUES_SHOWN:
        more = f"and {len(known) - _QUEUES_SHOWN:,} more models"
        yield look.labelled("", Content.styled(more, look.QUIET))
    elif not known and reading.needs.queue and not reading.cost.free:
        yield look.labelled("queue", Content.styled(str(reading.needs.queue[0]), look.QUIET))


def cost_lines(estimate: Estimate) -> Iterator[Content]:
    """Tokens and money before sending."""
    out = "unknown" if estimate.output_limit is None else f"{estimate.output_limit:,}"
    about = "" if estimate.tokens_exact else "≈ "
    yield look.labelled("tokens", f"{about}{estimate.input_tokens:,} in, at most {out} out")
    if estimate.expected is not None:
        yield look.labelled("likely", str(estimate.expected))
    known = estimate.batch is not None or estimate.real_time is not None
    batch, real_time = figures.money(estimate.batch), figures.money(estimate.real_time)
    prices = f"at most ≈ {batch} · real time {real_time}" if known else "unknown for this model"
    if not estimate.free:
        yield look.labelled("cost", prices)
        return
    yield look.labelled("cost", Content.styled("free", look.GOOD) + " on the built-in service")
    yield look.labelled("at OpenAI", Content.styled(prices, look.QUIET))


def _problem_lines(found: Survey) -> Iterator[Content]:
    """All kinds of problems with their numbers, then the first thousand with their lines."""
    if not found.problem_count:
        return
    yield Content("")
    word = "problem" if found.problem_count == 1 else "problems"
    yield Content.styled(f"× {found.problem_count:,} {word}: nothing can be sent", look.BAD)
    if found.problem_count > 1:
        for kind, number in found.problem_kinds.most_common():
            yield Content.styled(f"  {number:,} × {one_line(kind)}", look.BAD)
        yield Content("")
    for problem in found.problems:
        yield Content(f"  {one_line(str(problem))}")
    hidden = found.problem_count - len(found.problems)
    if hidden > 0:
        yield Content.styled(f"  and {hidden:,} more of these kinds", look.QUIET)


def _warning(text: str) -> Content:
    return Content.styled(one_line(text), look.WARN)


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
        yield Content(one_line(sample.text, 400))
