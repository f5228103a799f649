"""A look at a prompts file before anything is sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.building import adjustments
from wellspring_tui.prompts.model import Blank, FileKind, Problem, Request, RequestOptions
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wellspring_tui.prompts.model import PromptsFile

_KEPT_PROBLEMS = 1_000
_KEPT_KINDS = 50
_KEPT_SAMPLES = 12


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the first requests, for a preview."""

    section: str
    prompt_type: str
    custom_id: str
    line: bytes


@dataclass(slots=True)
class Survey:
    """What is in a prompts file. It grows while the file is read."""

    path: Path
    kind: FileKind
    prompts: int = 0
    blank: int = 0
    tokens: int = 0
    """Input tokens, estimated."""
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

    def add(self, request: Request) -> None:
        """Count one request in."""
        self.prompts += 1
        self.tokens += request.tokens
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
            self.samples.append(
                Sample(request.section, request.prompt_type, request.custom_id, request.line)
            )

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


def survey(
    file: PromptsFile,
    options: RequestOptions,
    heartbeat: Callable[[int], None] = lambda _count: None,
) -> tuple[Survey, Iterator[Request]]:
    """A survey, and the requests that fill it as they are taken.

    `heartbeat` hears the number of prompts read, now and then; it may raise StoppedError.
    Raises PromptsFileError for a schema beside ready-made requests.
    """
    found = Survey(file.path, file.kind)
    if file.kind is not FileKind.REQUESTS:
        found.notes.extend(adjustments(options))
    elif options.schema is not None:
        raise PromptsFileError(
            "its requests are sent as they are, so no schema can be added to them",
            where=one_line(str(file.path)),
            todo="Leave it out: answers are checked by the schema that a request itself brings.",
        )

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
