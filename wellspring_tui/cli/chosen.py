"""The flags that are not of one command alone, before or after its name."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.settings import Settings
    from wellspring_tui.wellspring import Wellspring


@dataclass(slots=True)
class Chosen:
    """Where things are, which service is meant, and how the dashboard is to be."""

    home: Path | None = None
    service: str | None = None
    theme: str | None = None
    refresh: float | None = None
    """Seconds between two looks at the services."""
    no_mouse: bool = False
    read_only: bool = False

    def settings(self) -> Settings:
        """Settings with these flags on top. Raises SettingsError."""
        from wellspring_tui import log
        from wellspring_tui.settings import load_settings

        settings = load_settings(
            home=self.home,
            service=self.service,
            theme=self.theme,
            check_interval=self.refresh,
            read_only=self.read_only,
        )
        log.prepare(settings)
        return settings

    def wellspring(self) -> Wellspring:
        """The open door; use it as a context manager. Raises SettingsError, StorageError."""
        from wellspring_tui.wellspring import Wellspring

        return Wellspring(self.settings())

    def hint(self, command: str) -> str:
        """`command` as the person would type it to mean the same home."""
        home = f"--home {shlex.quote(str(self.home))} " if self.home is not None else ""
        return f"`wellspring {home}{command}`"
