"""Looking for words in the answers of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wellspring_tui.cli import json_help, options
from wellspring_tui.cli.columns import Column, table
from wellspring_tui.cli.output import data, json_data, say, terminal_width
from wellspring_tui.cli.telling import teller
from wellspring_tui.errors import InputError
from wellspring_tui.finding import excerpt
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from wellspring_tui.answers.model import Answer
    from wellspring_tui.answers.results import Results
    from wellspring_tui.answers.searching import Found, Where
    from wellspring_tui.cli.chosen import Chosen


@click.command(
    epilog=json_help.told(json_help.HITS)
    + options.examples(
        "wellspring search k3x9pq compost",
        "wellspring search k3x9pq six hours a day",
        "wellspring search k3x9pq --prompts --json budget | jq '.[].custom_id'",
    )
)
@options.job_argument
@click.argument("words", nargs=-1, required=True)
@click.option("--prompts", is_flag=True, help="Search the prompts instead of the answers.")
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
def search(
    chosen: Chosen,
    job_id: str,
    *,
    words: tuple[str, ...],
    prompts: bool,
    limit: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find WORDS in all answers of a JOB.

    They are found together, in their order and in either case, with any white space between
    them. Of requests that failed the reason is searched.
    """
    query = " ".join(words)
    if not query.split():
        raise InputError("there is nothing to search for", where="WORDS")
    where: Where = "prompts" if prompts else "answers"
    with chosen.wellspring() as wellspring:
        results = wellspring.results(job_id)
        with results.index:
            told = teller(quiet=quiet)
            with told:
                *_, found = results.search(query, told.progress, where=where)
            shown = results.index.answers_at(found.rows[: limit or None])
            if as_json:
                json_data([_shape(answer, found, results, query, where) for answer in shown])
            elif shown:
                data("\n".join(_lines(shown, found, results, query, where)))
    if not quiet:
        _tell(found, len(shown))


def _tell(found: Found, shown: int) -> None:
    if not found.rows:
        say("nothing was found.")
        return
    more = f"; --limit {len(found.rows)} shows all" if len(found.rows) > shown else ""
    places = "place" if found.hits == 1 else "places"
    say(f"{found.hits:,} {places} in {len(found.rows):,} of the job's prompts{more}.")


def _shape(
    answer: Answer, found: Found, results: Results, query: str, where: Where
) -> dict[str, Any]:
    return {
        "section": answer.section,
        "prompt_type": answer.prompt_type,
        "custom_id": answer.custom_id,
        "state": answer.state.value,
        "hits": found.hits_by_row[answer.number],
        "excerpt": excerpt(query, results.text(answer, where)),
    }


def _lines(
    shown: list[Answer], found: Found, results: Results, query: str, where: Where
) -> list[str]:
    excerpts = [excerpt(query, results.text(answer, where)) or "" for answer in shown]
    columns = [
        Column("HITS", [f"{found.hits_by_row[answer.number]:,}" for answer in shown], right=True),
        Column("SECTION", [one_line(answer.section, 40) for answer in shown], least=14),
        Column("PROMPT", [one_line(answer.prompt_type, 40) for answer in shown], least=16),
        Column("FIRST", excerpts, least=20),
    ]
    width = terminal_width()
    return list(table(columns, width))
