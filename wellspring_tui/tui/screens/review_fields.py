"""The fields of the review: what they are called, what they say, what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Select, Static, TextArea

from wellspring_tui.errors import InputError
from wellspring_tui.jobs.labels import clean_tags
from wellspring_tui.jobs.spending import limit_from_text
from wellspring_tui.prompts.fields import options_from_text, text_of
from wellspring_tui.prompts.model import CHAT, EMBEDDINGS, RESPONSES, FileKind
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from decimal import Decimal

    from textual.app import ComposeResult

    from wellspring_tui.prompts.model import RequestOptions
    from wellspring_tui.settings import Settings
    from wellspring_tui.tui.readings import Reading

T = TypeVar("T")

LABELS = {
    "service": "Service",
    "name": "Name",
    "description": "Description",
    "tags": "Tags",
    "model": "Model",
    "temperature": "Temperature",
    "max_tokens": "Max tokens",
    "system": "System",
    "max_cost": "Max cost $",
    "endpoint": "Endpoint",
    "window": "Window",
}
"""In their order; each field's id and its label."""

OPTIONS = ("model", "temperature", "max_tokens", "system", "endpoint", "window")
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


def drafted(texts: Mapping[str, str], defaults: RequestOptions) -> Draft:
    """What the fields say; one that makes no sense is among the mistakes.

    A field that isn't there is left as `defaults` has it.
    """
    given = {name: texts[name] for name in OPTIONS if name in texts}
    options, mistakes = options_from_text(given, defaults)

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


def field_rows(settings: Settings, reading: Reading) -> ComposeResult:
    """The fields, filled with what the job would be sent with."""
    options, found = reading.options, reading.found
    shown = OF_EVERY_FILE if found.kind is FileKind.REQUESTS else tuple(LABELS)
    limit = settings.max_cost
    hints = {
        "description": "kept with the batch",
        "tags": "separated by commas",
        "model": "→ takes the suggestion",
        "max_cost": "no limit" if limit is None else f"{limit} is set; none lifts it",
        "window": "24h",
    }
    for name, label in LABELS.items():
        if name not in shown:
            continue
        with Horizontal(classes="field"):
            yield Label(label)
            match name:
                case "service":
                    yield _choice(name, _services(settings), reading.service)
                case "endpoint":
                    yield _choice(name, _endpoints(options.endpoint), options.endpoint)
                case "system":
                    yield TextArea(
                        options.system or "",
                        id=name,
                        compact=True,
                        highlight_cursor_line=False,
                        placeholder="instructions for all prompts",
                    )
                case _:
                    value = text_of(options, name) if name in OPTIONS else ""
                    value = one_line(found.path.stem) if name == "name" else value
                    yield Input(value, hints.get(name, ""), id=name, compact=True)
            yield Static(id=f"{name}-says", classes="field--says")


def _choice(name: str, choices: Iterable[tuple[Content, str]], value: str) -> Select[str]:
    return Select(choices, value=value, allow_blank=False, id=name, compact=True)


def _services(settings: Settings) -> Iterator[tuple[Content, str]]:
    for name, profile in settings.services.items():
        missing = "" if settings.has_key(profile) else f" · needs {profile.key_variable}"
        yield Content(one_line(f"{name}{missing}")), name


def _endpoints(chosen: str) -> Iterator[tuple[Content, str]]:
    for endpoint in dict.fromkeys((CHAT, RESPONSES, EMBEDDINGS, chosen)):
        yield Content(one_line(endpoint)), endpoint
