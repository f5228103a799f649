"""Settings: what is set, where it came from, and changing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Footer, Input, Label, Static

from wellspring_tui.config.changing import change
from wellspring_tui.config.listing import Setting, sections
from wellspring_tui.config.values import choices_of, text_of
from wellspring_tui.errors import WellspringError
from wellspring_tui.settings import reread
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.settings_rows import COLUMNS, about, is_heading, rows
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_model import ListRows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.config.changing import Change
    from wellspring_tui.config.listing import Section
    from wellspring_tui.settings import Settings

_THEME = "theme"
_NAMED = 5


class SettingsTable(Table):
    """A table whose rows are changed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Change")]


class ValueField(Input):
    """Where a value is typed, or chosen with the arrows where only some will do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", "The next choice", show=False),
        Binding("up", "choose(-1)", "The choice before", show=False),
    ]

    class Chosen(Message):
        """The arrows came to another choice."""

        def __init__(self, value: str) -> None:
            super().__init__()
            self.value = value

    choices: tuple[str, ...] = ()

    def action_choose(self, steps: int) -> None:
        """Take another choice."""
        if not self.choices:
            return
        at = self.choices.index(self.value) if self.value in self.choices else -steps
        self.value = self.choices[(at + steps) % len(self.choices)]
        self.cursor_position = len(self.value)
        self.post_message(self.Chosen(self.value))


class SettingsScreen(DashboardScreen[None]):
    """All settings in sections; Enter changes the one under the cursor."""

    CSS_PATH = "settings.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,delete", "unset", "Back to the default"),
        Binding("y", "copy", "Copy path"),
        Binding("X", "app.clean", "Clean up what nobody needs any more", show=False),
        Binding("escape,backspace", "back_out", "Back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[str, Setting] = {}
        self._edited: Setting | None = None
        self._usual_theme = ""
        """What to go back to when a theme was only tried."""

    def compose(self) -> ComposeResult:
        """The settings, what the one under the cursor is for, and a line to change it with."""
        yield self.top_bar("Settings")
        yield SettingsTable(COLUMNS, id="settings")
        yield Static(id="about")
        with Horizontal(id="edit-bar"):
            yield Label(id="edit-label")
            yield ValueField(id="edit", compact=True)
        yield Static(id="said")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show what is set."""
        self.query_one("#edit-bar").display = False
        self.query_one("#settings", Table).focus()
        self._load()

    @work(exclusive=True, group="settings")
    async def _load(self) -> None:
        await self._show_settings()
        table = self.query_one("#settings", Table)
        if is_heading(table.cursor_key or ""):
            table.action_move(1)

    async def _show_settings(self) -> None:
        """Show the file as it is now: it may have been edited meanwhile."""
        settings = self.door.settings
        try:
            found = await in_thread(lambda: _listed(settings))
        except WellspringError as error:
            self._say(f"× {one_line(str(error))}", look.BAD)
            return
        if not self.query("#settings"):  # the screen was left meanwhile
            return
        self._settings = {one.key: one for section in found for one in section.settings}
        self.query_one("#settings", Table).show(ListRows(rows(found)))
        self._tell_about()

    @property
    def _chosen(self) -> Setting | None:
        return self._settings.get(self.query_one("#settings", Table).cursor_key or "")

    @on(Table.Highlighted, "#settings")
    def _highlighted(self) -> None:
        self._say(f"Changes are written to {look.path(self.door.settings.places.config)}")
        self._tell_about()

    def _tell_about(self) -> None:
        one = self._chosen
        lines = about(one) if one is not None else []
        self.query_one("#about", Static).update(Content("\n").join(lines))

    def _say(self, words: str, colour: str = look.QUIET) -> None:
        self.query_one("#said", Static).update(Content.styled(words, colour))

    # -- changing --------------------------------------------------------------------

    @on(Table.Opened, "#settings")
    def _edit(self) -> None:
        """Change the setting under the cursor; one that is on or off is turned round at once."""
        one = self._chosen
        if one is None or self._edited is not None or self._is_fixed(one):
            return
        if isinstance(one.value, bool):
            self._change(one.key, text_of(not one.value))
            return
        self._edited = one
        self._usual_theme = self.app.theme
        choices = choices_of(self.door.settings, one.key, tuple(self.app.available_themes))
        field = self.query_one("#edit", ValueField)
        field.choices = choices
        field.placeholder = "empty brings the default back"
        field.value = one.typed
        self.query_one("#edit-label", Label).update(Content(one.label))
        self.query_one("#edit-bar").display = True
        # At once: with `focus()` the next letters typed would still be keys of the screen.
        self.set_focus(field)
        self._say(_offered(choices))

    def _is_fixed(self, one: Setting) -> bool:
        """Whether a setting can't be changed here; if so, it is said."""
        if self.door.settings.read_only:
            self._say("× Wellspring is open read only: settings stay as they are.", look.BAD)
            return True
        if not one.editable:
            self._say(f"× {one.about}", look.WARN)
        return not one.editable

    @on(ValueField.Chosen)
    def _tried(self, event: ValueField.Chosen) -> None:
        if self._edited is not None and self._edited.key == _THEME:
            self.dashboard.try_theme(event.value)

    @on(Input.Submitted, "#edit")
    def _entered(self, event: Input.Submitted) -> None:
        if self._edited is not None:
            self._change(self._edited.key, event.value.strip() or None)

    def action_unset(self) -> None:
        """Take the setting under the cursor out of the file, so that its default holds."""
        one = self._chosen
        if one is None or self._edited is not None or self._is_fixed(one):
            return
        if one.said is None:
            self._say(f"{one.key} is not in config.toml.")
            return
        self._change(one.key, None)

    @work(exclusive=True, group="settings")
    async def _change(self, key: str, text: str | None) -> None:
        settings, themes = self.door.settings, tuple(self.app.available_themes)
        try:
            done: Change = await in_thread(lambda: change(settings, key, text, themes))
        except WellspringError as error:
            if self.is_attached:
                self._say(f"× {one_line(str(error))}", look.BAD)
            return
        self.dashboard.use_settings(done.settings)
        if not self.is_attached:
            return
        self._close_field()
        await self._show_settings()
        beaten = bool(done.overridden)
        self._say(
            f"{'▲' if beaten else '●'} {one_line(done.sentence(key))}",
            look.WARN if beaten else look.GOOD,
        )

    def _close_field(self) -> None:
        self._edited = None
        self.query_one("#edit-bar").display = False
        self.query_one("#settings", Table).focus()

    def action_copy(self) -> None:
        """Copy the path of the file."""
        path = str(self.door.settings.places.config)
        self.app.copy_to_clipboard(path)
        self.notify(one_line(f"Copied {path}"), markup=False)

    def action_back_out(self) -> None:
        """Leave the field as it was; then the screen."""
        if self._edited is None:
            self.dismiss(None)
            return
        if self._edited.key == _THEME:
            self.dashboard.try_theme(self._usual_theme)
        self._close_field()
        self._say("")


def _offered(choices: tuple[str, ...]) -> str:
    if not choices:
        return ""
    names = ", ".join(choices)
    return f"↑ ↓ choose: {names}" if len(choices) <= _NAMED else f"↑ ↓ go through {len(choices)}"


def _listed(settings: Settings) -> tuple[Section, ...]:
    return sections(reread(settings))
