"""A look at a prompts file before anything is sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.asked import text_of_body
from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.building import adjustments
from wellspring_tui.prompts.model import Blank, FileKind, Problem, Request, RequestOptions
from wellspring_tui.prompts.rows import RowsFile
from wellspring_tui.prompts.template import listed
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wellspring_tui.prompts.model import PromptsFile

_KEPT_PROBLEMS = 1_000
_KEPT_KINDS = 50
_KEPT_SAMPLES = 12
_SAMPLE_LENGTH = 4_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the first requests, for a preview."""

    section: str
    prompt_type: str
    custom_id: str
    text: str
    """What it asks, cut where a preview ends anyway."""


@dataclass(slots=True)
class Survey:
    """What is in a prompts file. It grows while the file is read."""

    path: Path
    kind: FileKind
    prompts: int = 0
    blank: int = 0
    tokens: int = 0
    """Input tokens, counted or estimated: `tokens_exact` tells."""
    estimated: int = 0
    """Prompts whose tokens are estimated."""
    output_limit: int | None = 0
    """Output tokens at most; None when a request sets no limit."""
    size_bytes: int = 0
    """Of the input files that will be made."""
    sections: dict[str, Counter[str]] = field(default_factory=dict)
    """Section → prompt type → how many. Types beyond a thousand a section are one, “…”."""
    models: Counter[str] = field(default_factory=Counter)
    tokens_by_model: Counter[str] = field(default_factory=Counter)
    output_by_model: Counter[str] = field(default_factory=Counter)
    endpoint: str | None = None
    problems: list[Problem] = field(default_factory=list)
    """The first thousand."""
    problem_count: int = 0
    problem_kinds: Counter[str] = field(default_factory=Counter)
    """All of them, by what they say; beyond fifty kinds the others are one, “…”."""
    notes: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    """Of a table."""
    template_needed: bool = False
    """Whether it is a table that nobody said yet what to ask of."""

    @property
    def sendable(self) -> bool:
        """Whether it has prompts, and no problems: `raise_if_unsendable` would raise nothing."""
        return self.prompts > 0 and not self.problem_count

    @property
    def tokens_exact(self) -> bool:
        """Whether the tokens of all its prompts were counted, as their service will count them."""
        return self.prompts > 0 and not self.estimated

    def add(self, request: Request) -> None:
        """Count one request in."""
        self.prompts += 1
        self.tokens += request.tokens
        self.estimated += not request.exact
        self.size_bytes += len(request.line) + 1
        types = self.sections.setdefault(request.section, Counter())
        types[request.prompt_type if len(types) < 1_000 else "…"] += 1
        self.models[request.model] += 1
        self.tokens_by_model[request.model] += request.tokens
        self.endpoint = self.endpoint or request.endpoint
        if request.max_output_tokens is None:
            self.output_limit = None
        else:
            self.output_by_model[request.model] += request.max_output_tokens
            if self.output_limit is not None:
                self.output_limit += request.max_output_tokens
        if len(self.samples) < _KEPT_SAMPLES:
            self.samples.append(_sample(request))

    def add_problem(self, problem: Problem) -> None:
        """Note one problem; beyond a thousand they are only counted."""
        self.problem_count += 1
        kind, kinds = problem.kind, self.problem_kinds
        kinds[kind if kind in kinds or len(kinds) < _KEPT_KINDS else "…"] += 1
        if len(self.problems) < _KEPT_PROBLEMS:
            self.problems.append(problem)

    def raise_if_unsendable(self) -> None:
        """Raises PromptsFileError for problems, or for a file without a prompt."""
        where = one_line(str(self.path))
        if self.template_needed:
            raise PromptsFileError(
                f"this is a table with the {self._columns}; it needs a template",
                where=where,
                todo=f'--template "… {{{self._example}}} …" makes a prompt of each row.',
            )
        if self.problems:
            first, others = self.problems[0], self.problem_count - 1
            more = f" (and {others:,} more problem{'s' * (others > 1)})" if others else ""
            raise PromptsFileError(
                f"{first}{more}",
                where=where,
                todo=f"`wellspring check {self.path.name}` lists all; nothing was sent.",
            )
        if self.prompts == 0:
            blank = f": all {self.blank:,} are blank" if self.blank else ""
            raise PromptsFileError(
                f"there are no prompts in it{blank}", where=where, todo="Nothing was sent."
            )

    @property
    def _columns(self) -> str:
        return f"column{'s' * (len(self.columns) != 1)} {listed(self.columns)}"

    @property
    def _example(self) -> str:
        """A column that a template might ask for: tables have their texts further right."""
        return one_line(self.columns[-1], 40) if self.columns else "column"


def _sample(request: Request) -> Sample:
    try:
        text = text_of_body(msgspec.json.decode(request.line).get("body"))
    except (msgspec.DecodeError, RecursionError):  # half a surrogate pair, which services let pass
        text = ""
    named = request.section, request.prompt_type, request.custom_id
    return Sample(*named, text[:_SAMPLE_LENGTH])


def survey(
    file: PromptsFile,
    options: RequestOptions,
    heartbeat: Callable[[int], None] = lambda _count: None,
) -> tuple[Survey, Iterator[Request]]:
    """A survey, and the requests that fill it as they are taken.

    `heartbeat` hears the number of prompts read, now and then; it may raise StoppedError.
    Raises PromptsFileError for a schema or a template that such a file leaves unused.
    """
    found = Survey(file.path, file.kind)
    if isinstance(file, RowsFile):
        found.columns = file.columns
        found.template_needed = options.template is None
    _refuse_idle_options(file, options)
    if file.kind is not FileKind.REQUESTS:
        found.notes.extend(adjustments(options))

    def requests() -> Iterator[Request]:
        for number, item in enumerate(file.read(options)):
            if number % 1_000 == 0:
                heartbeat(found.prompts)
            match item:
                case Request():
                    found.add(item)
                    yield item
                case Problem():
                    found.add_problem(item)
                case Blank():
                    found.blank += 1

    return found, requests()


def _refuse_idle_options(file: PromptsFile, options: RequestOptions) -> None:
    """Raises PromptsFileError for what somebody counts on and such a file leaves unused."""
    where = one_line(str(file.path))
    if options.template is not None and not isinstance(file, RowsFile):
        raise PromptsFileError(
            "a template makes prompts of a CSV, TSV or JSONL table, and this is none",
            where=where,
            todo="Leave the template out.",
        )
    if options.schema is not None and file.kind is FileKind.REQUESTS:
        raise PromptsFileError(
            "its requests are sent as they are, so no schema can be added to them",
            where=where,
            todo="Leave it out: answers are checked by the schema that a request itself brings.",
        )
