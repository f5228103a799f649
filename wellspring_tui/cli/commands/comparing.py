"""Two jobs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wellspring_tui.cli import json_help, options
from wellspring_tui.cli.columns import Column, table
from wellspring_tui.cli.output import data, say, stdout_bytes, terminal_width
from wellspring_tui.cli.telling import teller
from wellspring_tui.figures import count, money
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.answers.comparing import Comparison, Pair, SideTotals
    from wellspring_tui.answers.model import Answer
    from wellspring_tui.answers.results import Results
    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.jobs.model import Job

_PAGE_PAIRS = 500
_BEGINNING = 60
_NAME_LENGTH = 28
"""Two of them fit on a terminal of 80 columns."""
_Sides = tuple["Job", "Job"]


@click.command(
    epilog=json_help.told(json_help.COMPARISON)
    + options.examples(
        "wellspring compare k3x9pq m4w7tz",
        "wellspring compare k3x9pq m4w7tz --limit 0",
        "wellspring compare k3x9pq m4w7tz --json | jq '.pairs[].left.response'",
    )
)
@click.argument("left_id", metavar="A", shell_complete=options.completes("job_ids"))
@click.argument("right_id", metavar="B", shell_complete=options.completes("job_ids"))
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    metavar="N",
    help="Show N prompts at most; 0 shows all.",
)
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def compare(
    chosen: Chosen, left_id: str, right_id: str, *, limit: int, as_json: bool, quiet: bool
) -> None:
    """Show the answers of jobs A and B side by side.

    The same prompt is known by its custom_id when both jobs have the same ids, else by
    section and prompt type. With --json the whole answers are there.
    """
    with chosen.wellspring() as wellspring:
        jobs = wellspring.job(left_id), wellspring.job(right_id)
        with wellspring.compare(left_id, right_id) as found:
            told = teller(quiet=quiet)
            with told:
                totals = found.totals(told.progress)
            shown = min(limit, len(found)) if limit else len(found)
            if as_json:
                _write_json(found, jobs, totals, shown)
            else:
                data("\n".join((*_totals(jobs, totals), "", *_pairs(found, shown))))
            if not quiet:
                _tell(found, shown)


def _tell(found: Comparison, shown: int) -> None:
    if found.matched_by == "nothing":
        say("the jobs have no prompt in common.")
    elif shown < len(found):
        say(f"{len(found) - shown:,} more; --limit 0 shows all.")


def _totals(jobs: _Sides, totals: tuple[SideTotals, SideTotals]) -> Iterator[str]:
    rows = {
        "Job": [job.id for job in jobs],
        "Name": [one_line(job.name, _NAME_LENGTH) for job in jobs],
        "Model": [one_line(job.model, _NAME_LENGTH) for job in jobs],
        "Answered": [count(side.totals.answered) for side in totals],
        "Failed": [count(side.totals.failed) for side in totals],
        "Missing": [count(side.totals.missing) for side in totals],
        "Tokens in": [count(side.totals.usage.input_tokens) for side in totals],
        "Tokens out": [count(side.totals.usage.output_tokens) for side in totals],
        "Cost": [money(side.cost) for side in totals],
        "Characters, median": [count(side.median_characters) for side in totals],
    }
    columns = [
        Column("", list(rows)),
        Column("A", [left for left, _ in rows.values()]),
        Column("B", [right for _, right in rows.values()]),
    ]
    return table(columns, None)


def _pairs(found: Comparison, shown: int) -> Iterator[str]:
    pairs = found.pairs(0, shown)
    columns = [
        Column("SECTION", [one_line(pair.section, 40) for pair in pairs], least=8),
        Column("PROMPT", [one_line(pair.prompt_type, 40) for pair in pairs], least=8),
        *_side("A", found.left, [pair.left for pair in pairs]),
        *_side("B", found.right, [pair.right for pair in pairs]),
    ]
    width = terminal_width()
    return table(columns, width)


def _side(title: str, results: Results, answers: list[Answer | None]) -> Iterator[Column]:
    """An outcome with its output tokens, and how the answer begins."""
    yield Column(title, [_outcome(answer) for answer in answers])
    yield Column(
        f"{title} BEGINS",
        [one_line(results.text(answer), _BEGINNING) if answer else "" for answer in answers],
        least=16,
        can_go=True,
    )


def _outcome(answer: Answer | None) -> str:
    if answer is None:
        return "–"
    tokens = answer.usage.output_tokens
    flag = "cut" if answer.truncated else "refused" if answer.refused else ""
    if answer.off_schema:
        flag = "off schema"
    shown = f" ({flag})" if flag else ""
    return f"{answer.state.value}{shown}{f', {tokens:,} out' if tokens else ''}"


def _write_json(
    found: Comparison, jobs: _Sides, totals: tuple[SideTotals, SideTotals], shown: int
) -> None:
    """One object, a pair a line: of a large job only one page is in memory."""
    import msgspec

    encode = msgspec.json.encode
    head = {
        "matched_by": found.matched_by.value,
        "pair_count": len(found),
        **{
            side: _side_shape(job, total)
            for side, job, total in zip(("left", "right"), jobs, totals, strict=True)
        },
    }
    with stdout_bytes() as out:
        out.write(msgspec.json.format(encode(head), indent=2).removesuffix(b"\n}"))
        out.write(b',\n  "pairs": [')
        for start in range(0, shown, _PAGE_PAIRS):
            for pair in found.pairs(start, min(shown, start + _PAGE_PAIRS)):
                comma = b"," if pair.position else b""
                out.write(comma + b"\n    " + encode(_pair_shape(found, pair)))
        out.write(b"\n  ]\n}\n")


def _side_shape(job: Job, side: SideTotals) -> dict[str, Any]:
    usage = side.totals.usage
    return {
        "job_id": job.id,
        "name": job.name,
        "model": job.model,
        "answered": side.totals.answered,
        "failed": side.totals.failed,
        "missing": side.totals.missing,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": None if side.cost is None else str(side.cost),
        "median_characters": side.median_characters,
    }


def _pair_shape(found: Comparison, pair: Pair) -> dict[str, Any]:
    return {
        "section": pair.section,
        "prompt_type": pair.prompt_type,
        "left": _answer_shape(found.left, pair.left),
        "right": _answer_shape(found.right, pair.right),
    }


def _answer_shape(results: Results, answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {
        "custom_id": answer.custom_id,
        "state": answer.state.value,
        "response": results.text(answer) if answer.state == "answered" else None,
        "reason": answer.reason,
        "model": answer.model,
        "finish_reason": answer.finish,
        "off_schema": answer.off_schema,
        "input_tokens": answer.usage.input_tokens,
        "output_tokens": answer.usage.output_tokens,
    }
