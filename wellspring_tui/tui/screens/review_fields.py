"""The fields of the review: what they are called, what they say, what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, Select, Static, TextArea

from wellspring_tui.errors import InputError
from wellspring_tui.jobs.labels import clean_tags
from wellspring_tui.jobs.spending import limit_from_text
from wellspring_tui.prompts.fields import options_from_text, text_of
from wellspring_tui.prompts.model import CHAT, EMBEDDINGS, RESPONSES, FileKind
from wellspring_tui.prompts.template import refuse_unfit
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.widgets.path_suggester import PathSuggester

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from textual.app import ComposeResult

    from wellspring_tui.prompts.model import RequestOptions
    from wellspring_tui.settings import Settings
    from wellspring_tui.tui.readings import Reading

T = TypeVar("T")

LABELS = {
    "template": "Template",
    "service": "Service",
    "name": "Name",
    "description": "Description",
    "tags": "Tags",
    "model": "Model",
    "temperature": "Temperature",
    "max_tokens": "Max tokens",
    "system": "System",
    "schema": "Schema",
    "max_cost": "Max cost $",
    "endpoint": "Endpoint",
    "window": "Window",
}
"""In their order; each field's id and its label."""

OPTIONS = (
    *("template", "model", "temperature", "max_tokens", "system", "schema", "endpoint", "window"),
)
"""The fields that are request options, by the names that these have."""
OF_EVERY_FILE = ("service", "name", "description", "tags", "max_cost", "window")
"""Ready-made requests bring all the rest themselves."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A job as the fields describe it."""

    options: RequestOptions
    service: str
    name: str
    description: str
    tags: tuple[str, ...]
    max_cost: Decimal | None
    mistakes: Mapping[str, str]
    """What is wrong, by field."""


def drafted(
    texts: Mapping[str, str], defaults: RequestOptions, columns: Sequence[str] = ()
) -> Draft:
    """What the fields say; one that makes no sense is among the mistakes.

    A field that isn't there is left as `defaults` has it. A template may ask for `columns`.
    """
    given = {name: texts[name] for name in OPTIONS if name in texts}
    options, mistakes = options_from_text(given, defaults)
    if "template" in given and "template" not in mistakes:
        try:
            refuse_unfit(options.template, columns)
        except InputError as error:
            mistakes["template"] = error.what
            options = replace(options, template=defaults.template)

    def understood(field: str, read: Callable[[str], T], otherwise: T) -> T:
        try:
            return read(texts[field])
        except InputError as error:
            mistakes[field] = error.what
            return otherwise

    no_tags: tuple[str, ...] = ()
    return Draft(
        options,
        texts["service"],
        texts["name"].strip(),
        texts["description"].strip(),
        understood("tags", lambda text: clean_tags(text.split(",")), no_tags),
        understood("max_cost", limit_from_text, None),
        mistakes,
    )


class Field(Horizontal):
    """A label, where one writes or chooses, and what is wrong with what stands there."""

    mistake: reactive[str] = reactive("")

    def __init__(self, name: str, entry: Input | Select[str] | TextArea) -> None:
        super().__init__(classes="field")
        self.field = name
        self._entry = entry
        self._says = Static(id=f"{name}-says", classes="field--says")
        self._says.display = False

    def compose(self) -> ComposeResult:
        """The three, side by side."""
        yield Label(LABELS[self.field])
        yield self._entry
        yield self._says

    @property
    def text(self) -> str:
        """What stands there."""
        match self._entry:
            case TextArea():
                return self._entry.text
            case other:
                return str(other.value)

    def suggest(self, texts: Sequence[str]) -> None:
        """Complete what is typed to one of these texts."""
        if isinstance(self._entry, Input):
            self._entry.suggester = SuggestFromList(texts, case_sensitive=False)

    def watch_mistake(self, mistake: str) -> None:
        """Say it beside the field."""
        self._says.update(Content.styled(one_line(mistake), look.BAD))
        self._says.display = bool(mistake)


def fields(settings: Settings, reading: Reading) -> Iterator[Field]:
    """The fields, filled with what the job would be sent with."""
    kind = reading.found.kind
    for name in LABELS:
        if kind is FileKind.REQUESTS and name not in OF_EVERY_FILE:
            continue
        if name != "template" or kind is FileKind.ROWS:
            yield Field(name, _entry(name, settings, reading))


def _entry(name: str, settings: Settings, reading: Reading) -> Input | Select[str] | TextArea:
    options = reading.options
    match name:
        case "service":
            return _choice(name, _services(settings), reading.service)
        case "endpoint":
            return _choice(name, _endpoints(options.endpoint), options.endpoint)
        case "system":
            return _text(name, options.system, "instructions for all prompts")
        case "template":
            example = one_line(reading.found.columns[-1], 20)
            return _text(name, options.template, f"Summarise for a planner: {{{example}}}")
    value = text_of(options, name) if name in OPTIONS else ""
    if name == "name":
        value = one_line(reading.found.path.stem)
    limit = settings.max_cost
    hints = {
        "description": "kept with the batch",
        "schema": "path of a JSON Schema for answers",
        "tags": "separated by commas",
        "max_cost": "no limit" if limit is None else f"{limit} is set; none lifts it",
    }
    suggester = PathSuggester() if name == "schema" else None
    return Input(value, hints.get(name, ""), id=name, compact=True, suggester=suggester)


def _text(name: str, text: str | None, hint: str) -> TextArea:
    return TextArea(
        text or "", id=name, compact=True, highlight_cursor_line=False, placeholder=hint
    )


def _choice(name: str, choices: Iterable[tuple[Content, str]], value: str) -> Select[str]:
    return Select(choices, value=value, allow_blank=False, id=name, compact=True)


def _services(settings: Settings) -> Iterator[tuple[Content, str]]:
    for profile in settings.in_use:
        missing = "" if settings.has_key(profile) else f" · needs {profile.key_variable}"
        yield Content(one_line(f"{profile.name}{missing}")), profile.name


def _endpoints(chosen: str) -> Iterator[tuple[Content, str]]:
    for endpoint in dict.fromkeys((CHAT, RESPONSES, EMBEDDINGS, chosen)):
        yield Content(one_line(endpoint)), endpoint
