"""What is in a prompts file, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import json_help, options, shapes
from wellspring_tui.cli.incoming import prompts_file
from wellspring_tui.cli.output import data, json_data, say
from wellspring_tui.cli.telling import teller
from wellspring_tui.errors import ExitCode
from wellspring_tui.figures import count, money, size
from wellspring_tui.prompts.template import listed
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from decimal import Decimal
    from pathlib import Path

    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.jobs.needs import Needs
    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.prompts.checking import Survey

_LABEL_WIDTH = 11
_SHOWN_SECTIONS = 50
_SHOWN_TYPES = 10


@click.command(
    epilog=json_help.told(json_help.SURVEY)
    + options.examples(
        "wellspring check prompts.json",
        "wellspring check prompts.json --model o4-mini --max-tokens 4000",
        "wellspring check prompts.json --schema invoice.json",
        "wellspring check requests.jsonl --json | jq .problems",
        'wellspring check places.csv --template "Summarise: {text}"',
    )
)
@options.file_argument
@options.requests
@options.max_cost
@options.now_option
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def check(
    chosen: Chosen,
    /,
    file: Path,
    *,
    max_cost: Decimal | None,
    now: bool,
    as_json: bool,
    quiet: bool,
    **request_options: object,
) -> ExitCode:
    """Read a prompts FILE: sections, prompts, tokens, cost, problems.

    Nothing is sent; a FILE of - is stdin. Answers with 2 when the file can't be sent as it
    is, or may cost more than the limit.
    """
    with chosen.wellspring() as wellspring:
        told = teller(quiet=quiet)
        places = wellspring.settings.places
        with told, prompts_file(file, places, kept=False) as path:
            given = wellspring.request_options(**request_options)
            needs = wellspring.needs(path, given, progress=told.progress)
        found = needs.found
        found.path = file
        cost = wellspring.estimate(found, now=now)
        service = wellspring.settings.service
        if as_json:
            json_data(shapes.survey(needs, cost))
        else:
            data("\n".join(_report(needs, cost, service)))
        verdict = _verdict(found)
        if verdict is ExitCode.OK:
            wellspring.refuse_unfit(needs, given, now=now)
            wellspring.keep_to_limit(found, max_cost=max_cost, now=now)
    return verdict


def _verdict(found: Survey) -> ExitCode:
    if found.template_needed:
        found.raise_if_unsendable()
    if found.problem_count:
        many = "problem" if found.problem_count == 1 else "problems"
        say(f"{found.problem_count:,} {many}: as it is, the file can't be sent.")
        return ExitCode.INPUT
    if found.prompts == 0:
        say("there are no prompts in the file.")
        return ExitCode.INPUT
    return ExitCode.OK


def _report(needs: Needs, cost: Estimate, service: str) -> Iterator[str]:
    from wellspring_tui.jobs.needs import parts_sentence

    found = needs.found
    yield one_line(str(found.path))
    blank = f" ({found.blank:,} blank left out)" if found.blank else ""
    models = (f"{model} ({number:,})" for model, number in found.models.most_common())
    only = next(iter(found.models), "–")
    yield _row("Kind", found.kind.value)
    if found.columns:
        yield _row("Columns", listed(found.columns))
    if found.template_needed:
        return
    yield _row("Prompts", f"{found.prompts:,}{blank}, {size(found.size_bytes)}")
    yield _row("Model", ", ".join(models) if len(found.models) > 1 else only)
    yield _row("Endpoint", found.endpoint or "–")
    limit = "no limit set" if found.output_limit is None else f"at most {count(found.output_limit)}"
    about = "" if found.tokens_exact else "≈ "
    yield _row("Tokens", f"{about}{found.tokens:,} in, {limit} out")
    if about and found.prompts:
        yield _row("", _accuracy(found))
    if cost.expected is not None:
        yield _row("Likely", str(cost.expected))
    yield _row("Parts", parts_sentence(needs.parts))
    yield from _cost(cost, service)
    yield from (_row("Queue", str(need)) for need in needs.queue if need.limit is not None)
    yield from (_row("Note", note) for note in found.notes)
    yield ""
    yield from _sections(found.sections)
    if found.problems:
        yield ""
        yield f"Problems: {found.problem_count:,}"
        if found.problem_count > len(found.problems):
            kinds = found.problem_kinds.most_common()
            yield from (f"  {number:,} × {one_line(kind)}" for kind, number in kinds)
        yield from (f"  {one_line(str(problem))}" for problem in found.problems)
        more = found.problem_count - len(found.problems)
        yield from [f"  … and {more:,} more"] if more else []


def _accuracy(found: Survey) -> str:
    """How near an estimate of tokens is."""
    from wellspring_tui.prompts.vocabulary import counter, is_installed

    if all(counter(model) for model in found.models):
        return (
            "≈: within 1 % for texts; images, tools, schemas and reasoning count in their own way"
        )
    hint = "" if is_installed() else "; `pip install 'wellspring-tui[tokens]'` counts exactly"
    return f"≈: estimated, about 5 % off on English text{hint}"


def _cost(cost: Estimate, service: str) -> Iterator[str]:
    prices = f"{_about(cost)} as a batch, {_about(cost, real_time=True)} in real time"
    if cost.now:
        prices = f"{_about(cost, real_time=True)} in real time, {_about(cost)} as a batch"
    if cost.free:
        yield _row("Cost", "nothing on the built-in service")
        yield _row("", f"OpenAI would take {prices}")
    else:
        yield _row("Cost", f"{prices} on {service}")


def _about(cost: Estimate, *, real_time: bool = False) -> str:
    dollars = cost.real_time if real_time else cost.batch
    return "unknown" if dollars is None else f"≈ {money(dollars)}"


def _sections(sections: dict[str, Counter[str]]) -> Iterator[str]:
    for name, types in list(sections.items())[:_SHOWN_SECTIONS]:
        yield f"{one_line(name, 70)}: {types.total():,}"
        for prompt_type, number in list(types.items())[:_SHOWN_TYPES]:
            times = f" × {number:,}" if number > 1 else ""
            yield f"  {one_line(prompt_type, 70)}{times}"
        if len(types) > _SHOWN_TYPES:
            yield f"  … and {len(types) - _SHOWN_TYPES:,} more types"
    if len(sections) > _SHOWN_SECTIONS:
        yield f"… and {len(sections) - _SHOWN_SECTIONS:,} more sections"


def _row(label: str, value: str) -> str:
    return f"  {label:<{_LABEL_WIDTH}}{one_line(value)}"
