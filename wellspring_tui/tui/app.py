"""The dashboard: one app, one loop that carries the jobs, and its screens.

Screens other than the first are imported when they are opened, so that the first
paint comes early.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType

from wellspring_tui.errors import WellspringError
from wellspring_tui.text import one_line
from wellspring_tui.tui.carrier import Carrier, in_thread
from wellspring_tui.tui.messages import JobsRefreshed
from wellspring_tui.tui.screens.jobs import JobsScreen
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    ENABLE_COMMAND_PALETTE = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", key_display="?"),
        Binding("ctrl+p,colon", "command_palette", "Palette", show=False),
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
        self.carrier = Carrier(door, self._refreshed, clock)

    def on_mount(self) -> None:
        """Show the jobs; start carrying them once the screen is painted."""
        self.push_screen(JobsScreen())
        self.call_after_refresh(self._carry)

    @work(exclusive=True, group="carry")
    async def _carry(self) -> None:
        await self.carrier.run()

    def _refreshed(self, done: Round) -> None:
        self.post_message(JobsRefreshed(done))

    def on_jobs_refreshed(self, message: JobsRefreshed) -> None:
        """Tell the screens that show jobs, and say which jobs have ended."""
        from wellspring_tui.tui.screens.results import ResultsScreen

        for screen in self.screen_stack:
            if isinstance(screen, JobsScreen | ResultsScreen) and screen.is_mounted:
                screen.jobs_refreshed(message)
        for job_id in message.done.ended:
            job = self.door.job(job_id)
            good = job.all_answered
            outcome = f"{job.completed:,} answered" + (
                "" if good else f", {job.failed:,} failed, {job.missing:,} missing"
            )
            self.notify(
                f"{one_line(job.name, 40)}: {outcome}",
                title=f"Job {job.status}",
                severity="information" if good else "warning",
                markup=False,
            )

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

        self.push_screen(ResultsScreen(job_id))

    @work(group="export")
    async def export(self, job_id: str) -> None:
        """Write a job's results to a file that the person names."""
        from wellspring_tui.tui.screens.export import ExportScreen

        job = self.door.job(job_id)
        proposed = Path.cwd() / f"{_file_name(job.name)}-results.json"
        path = await self.push_screen_wait(ExportScreen(proposed))
        if path is None:
            return
        try:
            await in_thread(lambda: self.door.export(job_id, path, replace=True))
        except WellspringError as error:
            self.notify(one_line(str(error)), severity="error", markup=False)
        else:
            self.notify(one_line(f"Wrote {path}"), markup=False)

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
        await self.carrier.leave(_LEAVING_SECONDS)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key of this screen is in the palette, then Textual's own commands."""
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.system or not binding.description or len(binding.description) < 3:
                continue
            key = self.get_key_display(binding)
            yield SystemCommand(
                binding.description,
                f"Key {key}",
                lambda node=active.node, action=binding.action: self._run(action, node),
            )
        yield from super().get_system_commands(screen)

    @work(group="palette")
    async def _run(self, action: str, node: object) -> None:
        await self.run_action(action, node)  # type: ignore[arg-type]


def _file_name(name: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)
    return kept.strip("-.") or "job"


def run(settings: Settings, *, demo: bool = False) -> None:
    """Open the dashboard and come back when the person leaves it.

    Raises StorageError when the ledger can't be opened.
    """
    door = Wellspring(settings)
    try:
        WellspringApp(door, demo=demo).run()
    finally:
        door.close()
