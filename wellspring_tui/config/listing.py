"""All settings in sections: each with its value, where that came from, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wellspring_tui.config.values import text_of
from wellspring_tui.origins import Kind, Origin, configured
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.text import shown_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.service_profiles import ServiceProfile
    from wellspring_tui.settings import Settings

AT_ONCE = ("check_interval", "log_level", "max_cost", "theme", "requests.", "notices.")
"""The settings, or the start of their keys, that act on a dashboard that is open."""

_USUAL_THEME = "textual-dark"

_REQUESTS = (
    ("model", "Model", "The model of requests that name none."),
    ("temperature", "Temperature", "From 0 to 2; models that take none are spared it."),
    ("max_tokens", "Max tokens", "The most output tokens of an answer."),
    ("system", "System", "Instructions before every prompt."),
    ("endpoint", "Endpoint", "Where requests go that name no endpoint."),
    ("window", "Window", "How long a batch may take."),
    ("output_expires_after", "Output expires", "How long a service keeps answers, such as 30d."),
)
_LIMITS = (
    ("max_requests", "Requests a batch", "A larger file goes in several parts."),
    ("max_bytes", "Bytes a batch", "A larger file goes in several parts."),
    ("enqueued_tokens", "Enqueued tokens", "Input tokens of one model under way at once."),
    ("creations_per_hour", "Batches an hour", "More of them wait for the hour to pass."),
)
_FINE = (
    ("max_embedding_inputs", "Embedding inputs", "The most texts of a batch of embeddings."),
    ("settle_seconds", "Settling time", "How long a new batch may be missing in the listing."),
    ("backoff_seconds", "Back-off", "The measure of all waiting after a failure."),
    ("gone_after_seconds", "Gone after", "How long a missing output file is asked for."),
    ("windows", "Windows", "The shortest and the longest window it takes, such as 24h, 7d."),
    ("endpoints", "Endpoints", "Those it takes in batches, with commas between them."),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that is set, or could be."""

    key: str
    """As `config.toml` names it, its tables before it."""
    label: str
    value: object
    """None where there is none."""
    origin: Origin
    about: str
    shown: str = ""
    """The value in words, where `value` alone would not do."""
    unit: str = ""
    editable: bool = True
    said: object | None = None
    """What `config.toml` says, whether or not that has an effect."""

    @property
    def text(self) -> str:
        """The value in words."""
        return self.shown or text_of(self.value, self.key)

    @property
    def typed(self) -> str:
        """What a person would type to have it as it is, by the file if that says anything."""
        return text_of(self.value if self.said is None else self.said, self.key)

    @property
    def acts_at_once(self) -> bool:
        """Whether a change acts on a dashboard that is open."""
        return self.key.startswith(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that belong together."""

    title: str
    settings: tuple[Setting, ...]


def sections(settings: Settings) -> tuple[Section, ...]:
    """Everything that is set, the service first."""
    chosen = settings.profile()
    others = [profile for profile in settings.in_use if profile is not chosen]
    return (
        Section("Where jobs go", tuple(_service(settings))),
        *(
            Section(f"Service {profile.name}", tuple(_profile(settings, profile)))
            for profile in (chosen, *others)
        ),
        Section("Requests", tuple(_requests(settings))),
        Section("Dashboard", tuple(_dashboard(settings))),
        Section("Notices, when a job ends", tuple(_notices(settings))),
        Section("Files", tuple(_files(settings))),
        Section("Other known services", tuple(_known(settings))),
    )


def _setting(
    settings: Settings, key: str, label: str, value: object, about: str, *, unit: str = ""
) -> Setting:
    return Setting(
        key,
        label,
        value,
        settings.origin(key),
        about,
        unit=unit,
        said=configured(settings.sources.configured, key),
    )


def _service(settings: Settings) -> Iterator[Setting]:
    yield _setting(
        settings, "service", "Service", settings.service, "Where new jobs go unless told otherwise."
    )
    yield _setting(
        settings,
        "pace",
        "Built-in pace",
        settings.pace_seconds,
        "About how long the built-in service takes over a batch.",
        unit="s",
    )


def _profile(settings: Settings, profile: ServiceProfile) -> Iterator[Setting]:
    before = f"services.{profile.name}."
    if profile.base_url is not None:
        yield Setting(
            f"{before}base_url",
            "Base URL",
            shown_url(profile.base_url),
            settings.origin(f"{before}base_url"),
            "Where the service answers.",
            said=configured(settings.sources.configured, f"{before}base_url"),
        )
    if not profile.is_local:
        yield _key(settings, profile)
        yield _setting(
            settings,
            f"{before}key_variable",
            "Key variable",
            profile.key_variable,
            "The variable that holds the API key.",
        )
    for name, label, about in _LIMITS:
        yield _setting(settings, before + name, label, getattr(profile, name), about)
    for name, label, about in _FINE:  # nobody sees these who has not set them
        unit = "s" if name.endswith("_seconds") else ""
        fine = _setting(settings, before + name, label, getattr(profile, name), about, unit=unit)
        if fine.origin.kind is not Kind.DEFAULT:
            yield fine


def _key(settings: Settings, profile: ServiceProfile) -> Setting:
    if settings.has_key(profile):
        end = settings.key_end(profile)
        shown = f"…{end}" if end else "set, but too short to show any of it"
    else:
        shown = f"not set: export {profile.key_variable}=…"
    key = f"services.{profile.name}.key"
    about = (
        f"Comes from {profile.key_variable} in the environment or in .env, or from the keyring, "
        "never from config.toml."
    )
    return Setting(key, "API key", None, settings.origin(key), about, shown, editable=False)


def _requests(settings: Settings) -> Iterator[Setting]:
    options = RequestOptions(**settings.request_defaults)  # type: ignore[arg-type]
    for name, label, about in _REQUESTS:
        yield _setting(settings, f"requests.{name}", label, getattr(options, name), about)
    about = "A job that may cost more is refused; where a price is unknown too."
    yield _setting(settings, "max_cost", "Max cost", settings.max_cost, about, unit="$")


def _dashboard(settings: Settings) -> Iterator[Setting]:
    yield _setting(
        settings,
        "check_interval",
        "Check interval",
        settings.check_interval_seconds,
        "The time between two looks at the services; the built-in one is asked more often.",
        unit="s",
    )
    theme = settings.theme or _USUAL_THEME
    yield _setting(settings, "theme", "Theme", theme, "The colours of the dashboard.")


def _notices(settings: Settings) -> Iterator[Setting]:
    notices = settings.notices
    yield _setting(settings, "notices.bell", "Bell", notices.bell, "Ring the terminal's bell.")
    yield _setting(
        settings,
        "notices.desktop",
        "Desktop",
        notices.desktop,
        "A notice of the desktop, through the terminal: off, auto, osc9 or osc777.",
    )
    yield _setting(
        settings,
        "notices.command",
        "Command",
        notices.command or None,
        "Run without a shell, with WELLSPRING_JOB_ID, _NAME, _STATUS and the counts around it.",
    )


def _known(settings: Settings) -> Iterator[Setting]:
    for profile in settings.services.values():
        if profile in settings.in_use:
            continue
        about = f"--service {profile.name} takes it; config.toml may change and extend it."
        address = shown_url(profile.base_url) if profile.base_url else profile.answered_by or ""
        shown = f"{address} needs {profile.needs}".strip() if profile.needs else address
        yield Setting(
            f"services.{profile.name}",
            profile.name,
            None,
            Origin(Kind.DEFAULT),
            about,
            shown,
            editable=False,
        )


def _files(settings: Settings) -> Iterator[Setting]:
    places = settings.places
    origin = settings.origin("home")
    facts = (
        ("home", "Home", places.data, "The ledger, input files and answers."),
        ("config", "Settings", places.config, "The file that these settings are written to."),
        ("log", "Log", places.log, "What the program did."),
    )
    for key, label, path, about in facts:
        yield Setting(key, label, str(path), origin, about, editable=False)
    yield _setting(
        settings, "log_level", "Log level", settings.log_level, "The least that the log tells."
    )
