"""The dashboard: one app, one loop that carries the jobs, and its screens.

Screens other than the first are imported when they are opened, so that the first
paint comes early.
"""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.widgets import Input

from wellspring_tui import log
from wellspring_tui.errors import StorageError, WellspringError
from wellspring_tui.log import logger
from wellspring_tui.service_profiles import LOCAL
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import KEYS_WAIT_SECONDS, Carrier, in_thread
from wellspring_tui.tui.inert import Inert
from wellspring_tui.tui.known_jobs import known_jobs
from wellspring_tui.tui.messages import JobsRefreshed
from wellspring_tui.tui.notices import Notifier
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.jobs import JobsScreen
from wellspring_tui.tui.signals import heed
from wellspring_tui.tui.themes import HIGH_CONTRAST, SIXTEEN_COLOURS, USUAL_THEME, refuse_unknown
from wellspring_tui.tui.title import TerminalTitle
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.filter import LineFilter
    from textual.geometry import Size
    from textual.screen import Screen

    from wellspring_tui.jobs.model import Round
    from wellspring_tui.settings import Settings


_LEAVING_SECONDS = 1.0


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class WellspringApp(App[None]):
    """The terminal dashboard."""

    TITLE = "Wellspring"
    CSS_PATH = Path(__file__).with_name("app.tcss")  # found by subclasses elsewhere too
    ENABLE_COMMAND_PALETTE = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", key_display="?"),
        Binding("u", "usage", "Tokens and money", show=False),
        Binding("l", "logs", "Logs", show=False),
        Binding("comma", "settings", "Settings", show=False, key_display=","),
        Binding("ctrl+p,colon", "command_palette", "Palette", show=False),
        Binding("ctrl+z", "suspend_process", "Suspend, back with fg", show=False),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(
        self,
        door: Wellspring,
        *,
        demo: bool = False,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`demo` offers the sample prompts file first; `clock` tells the time (aware)."""
        super().__init__()
        self.door = door
        self.demo = demo
        self.clock = clock
        self.carrier = Carrier(door, self._refreshed, self._failing, clock)
        self.notifier = Notifier(self)
        self.terminal_title = TerminalTitle(self)
        self.register_theme(HIGH_CONTRAST)
        self._usual_theme = USUAL_THEME
        self._remembers_theme = False
        self.try_theme(door.settings.theme or self._usual_theme)
        self._inert = Inert()
        self._told_size: Size | None = None
        """The terminal's size, which Textual itself takes in a moment later."""

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every painted line goes through."""
        return [*super().get_line_filters(), self._inert]

    def on_mount(self) -> None:
        """Show the jobs; start carrying them once the screen is painted."""
        heed(self)
        self.push_screen(JobsScreen())
        self.call_after_refresh(self._carry)
        self.call_after_refresh(self._fit)
        self.call_after_refresh(self._look_for_keys)
        self._own_title()
        if not self.demo:
            self.call_after_refresh(self._welcome)

    def _own_title(self) -> None:
        """Have the terminal's title to ourselves, but not while the dashboard is suspended."""
        title = self.terminal_title
        title.take()
        self.app_suspend_signal.subscribe(self, lambda _: title.give_back(), immediate=True)
        self.app_resume_signal.subscribe(self, lambda _: title.take())

    def on_key(self, event: events.Key) -> None:
        """Give a field the letters typed right after the key that opened it.

        They were on their way to the widget in focus before, which has no use for them.
        """
        field = self.focused
        if isinstance(field, Input) and field.check_consume_key(event.key, event.character):
            event.prevent_default()
            event.stop()
            field.post_message(events.Key(event.key, event.character))

    def on_resize(self, event: events.Resize) -> None:
        """Another size may be too small, or large enough again."""
        self._told_size = event.size
        if len(self.screen_stack) > 1:  # at the start there is nothing yet to be covered
            self._fit()

    def _fit(self) -> None:
        """In too small a terminal say so, instead of showing what nobody can read."""
        from wellspring_tui.tui.screens.too_small import LEAST_HEIGHT, LEAST_WIDTH, TooSmallScreen

        size = self._told_size or self.size
        small = size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT
        covered = isinstance(self.screen, TooSmallScreen)
        if small and not covered:
            self.push_screen(TooSmallScreen())
        elif covered and not small:
            self.pop_screen()

    @work(exclusive=True, group="carry")
    async def _carry(self) -> None:
        await self.carrier.run()

    def _refreshed(self, done: Round) -> None:
        self.post_message(JobsRefreshed(done))

    def _failing(self, service: str, sentence: str) -> None:
        what = f"{service} can't be asked" if service else "The jobs can't be carried on"
        self.notify(sentence, title=what, severity="warning", markup=False)

    def on_jobs_refreshed(self, message: JobsRefreshed) -> None:
        """Tell the screens that show jobs, and say which jobs have ended."""
        for screen in self.screen_stack:
            if isinstance(screen, DashboardScreen) and screen.is_mounted:
                screen.jobs_refreshed(message)
        self._tell(message.done.ended)

    @work(group="tell")
    async def _tell(self, ended: Sequence[str]) -> None:
        """Say what runs and which jobs have ended, in the title and as the settings ask."""
        door = self.door
        try:
            now, jobs = await in_thread(lambda: (door.under_way(), known_jobs(door, ended)))
        except StorageError as error:
            logger(__name__).warning("%s", error)
            return
        self.terminal_title.show(now)
        if jobs:
            await self.notifier.tell(jobs)

    # -- settings that act at once -----------------------------------------------------

    def use_settings(self, settings: Settings) -> None:
        """Let what may act at once act from now on."""
        self.door.settings = settings
        log.prepare(settings)
        self.try_theme(settings.theme or self._usual_theme)

    def suit_terminal(self) -> None:
        """On a terminal of sixteen colours take its own, unless a theme was chosen.

        Mixed shades come out as the same grey there, words and background alike.
        """
        if self.console.color_system == "standard" and not self.no_color:
            self._usual_theme = SIXTEEN_COLOURS
            self.try_theme(self.door.settings.theme or self._usual_theme)

    def try_theme(self, name: str) -> None:
        """Show a theme without remembering it."""
        self._remembers_theme = False
        self.theme = name
        self._remembers_theme = True

    def watch_theme(self, name: str) -> None:
        """Remember the theme that the person has chosen in the palette."""
        if self._remembers_theme and self.is_running and not self.door.settings.read_only:
            self._remember_theme(name)

    @work(exclusive=True, group="theme")
    async def _remember_theme(self, name: str) -> None:
        from wellspring_tui.config.changing import change

        settings, names = self.door.settings, tuple(self.available_themes)
        try:
            done = await in_thread(lambda: change(settings, "theme", name, names))
        except WellspringError as error:
            self.notify(one_line(str(error)), severity="warning", markup=False)
            return
        self.door.settings = done.settings
        if done.overridden:
            self.notify(one_line(done.sentence("theme")), markup=False)

    # -- the first start ---------------------------------------------------------------

    @work(group="keys")
    async def _look_for_keys(self) -> None:
        """Know the keys of all services before a screen asks: the keyring may take its time."""
        await in_thread(self.door.settings.look_for_keys)

    @work(group="welcome")
    async def _welcome(self) -> None:
        """Show somebody without a key two ways to begin, once."""
        from wellspring_tui.tui.screens.welcome import WelcomeScreen, is_first_start, remember

        door = self.door
        if not await in_thread(lambda: is_first_start(door)):
            return
        wants_sample = await self.push_screen_wait(
            WelcomeScreen(door.settings.profile(), str(door.settings.profile(LOCAL).answered_by))
        )
        try:
            await in_thread(lambda: remember(door.settings.places))
        except StorageError as error:
            self.notify(one_line(str(error)), severity="warning", markup=False)
        if wants_sample:
            self.demo = True
            self.action_new_job()

    # -- the ways between screens ------------------------------------------------------

    @work(group="new-job")
    async def action_new_job(self) -> None:
        """Choose a prompts file, review it, submit it."""
        from wellspring_tui.tui.screens.new_job import NewJobScreen

        jobs = self.screen
        if not isinstance(jobs, JobsScreen):
            return
        job = await self.push_screen_wait(NewJobScreen())
        if job is not None:
            jobs.choose(job.id)
            self.carrier.refresh()

    def open_results(self, job_id: str) -> None:
        """Show the answers of a job."""
        from wellspring_tui.tui.screens.results import ResultsScreen

        try:
            results = self.door.results(job_id)
        except WellspringError as error:
            self.notify(one_line(str(error)), severity="error", markup=False)
            return
        self.push_screen(ResultsScreen(job_id, results))

    def compare(self, left_id: str, right_id: str) -> None:
        """Show two jobs side by side."""
        from wellspring_tui.tui.screens.compare import CompareScreen

        self.push_screen(CompareScreen(left_id, right_id))

    @work(group="export")
    async def export(self, job_id: str) -> None:
        """Write a job's results to a file that the person names."""
        from wellspring_tui.tui.screens.export import ExportScreen

        job = self.door.job(job_id)
        proposed = Path.cwd() / f"{_file_name(job.name)}-results.json"
        path = await self.push_screen_wait(ExportScreen(self.door, job, proposed))
        if path is not None:
            self.notify(f"Wrote {look.path(path)}", markup=False)

    def action_usage(self) -> None:
        """Show tokens and money: of the job one is at, or else of all jobs."""
        from wellspring_tui.tui.screens.usage import UsageScreen

        here = self.screen
        if not isinstance(here, DashboardScreen) or isinstance(here, UsageScreen):
            return  # a dialog waits for its answer, or it is shown already
        self.push_screen(UsageScreen(here.shown_job_id))

    def action_logs(self) -> None:
        """Show what the program did."""
        from wellspring_tui.tui.screens.logs import LogsScreen

        self._open_once(LogsScreen)

    def action_clean(self) -> None:
        """Show what nobody needs any more, here and on services."""
        from wellspring_tui.tui.screens.clean import CleanScreen

        self._open_once(CleanScreen)

    def action_settings(self) -> None:
        """Show what is set."""
        from wellspring_tui.tui.screens.settings import SettingsScreen

        self._open_once(SettingsScreen)

    def _open_once(self, kind: type[Screen[None]]) -> None:
        """Show such a screen, or go back to the one that is open below."""
        if not any(isinstance(screen, kind) for screen in self.screen_stack):
            self.push_screen(kind())
            return
        # Nothing but others of this kind, and Usage, can have been opened on top.
        while not isinstance(self.screen, kind):
            self.pop_screen()

    def action_refresh_jobs(self) -> None:
        """Ask the services now."""
        self.carrier.refresh()

    def action_help(self) -> None:
        """Show the keys of this screen."""
        from wellspring_tui.tui.screens.help import HelpScreen, help_lines

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(help_lines(self.screen)))

    async def on_unmount(self) -> None:
        """What is under way stops at its next step, and goes on at the next start."""
        self.terminal_title.give_back()
        await self.carrier.leave(_LEAVING_SECONDS)

    def _fatal_error(self) -> None:
        # Textual would print a traceback with the values of variables, a key perhaps among
        # them. Whoever opened the dashboard gets the defect instead, and tells of it.
        self._close_messages_no_wait()

    @property
    def defect(self) -> Exception | None:
        """What the dashboard broke down on."""
        return self._exception

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """All that keys do on this screen is in the palette, then Textual's own commands."""
        commands: dict[tuple[str, str, object], list[str]] = {}
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.system or not binding.description or len(binding.description) < 3:
                continue
            what = binding.description, binding.action, active.node
            commands.setdefault(what, []).append(self.get_key_display(binding))
        for (description, action, node), keys in commands.items():
            yield SystemCommand(
                description, f"Key {', '.join(keys)}", partial(self._run, action, node)
            )
        yield from super().get_system_commands(screen)

    @work(group="palette")
    async def _run(self, action: str, node: object) -> None:
        await self.run_action(action, node)  # type: ignore[arg-type]


def _file_name(name: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)
    return kept.strip("-.") or "job"


def run(settings: Settings, *, demo: bool = False, mouse: bool = True) -> int:
    """Open the dashboard and come back when the person leaves it; the exit code.

    Raises StorageError when the ledger can't be opened, SettingsError for an unknown theme,
    and whatever the dashboard broke down on.
    """
    if settings.theme is not None:
        refuse_unknown(settings.theme, str(settings.origin("theme")))
    # What is loaded by now stays. Looking through it for garbage, again and again, would hold
    # up a key for some 30 ms each time.
    gc.freeze()
    sys.setswitchinterval(KEYS_WAIT_SECONDS)
    with Wellspring(settings) as door:
        app = WellspringApp(door, demo=demo)
        app.suit_terminal()
        app.run(mouse=mouse)
    if app.defect is not None:
        raise app.defect
    return app.return_code or 0
