"""What every command takes: the home and the service, before or after its name."""

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
    """The flags that decide where things are and which service is meant."""

    home: Path | None = None
    service: str | None = None

    def settings(self) -> Settings:
        """Settings with these flags on top. Raises SettingsError."""
        from wellspring_tui.settings import load_settings

        return load_settings(home=self.home, service=self.service)

    def wellspring(self) -> Wellspring:
        """The open door; use it as a context manager. Raises SettingsError, StorageError."""
        from wellspring_tui.wellspring import Wellspring

        return Wellspring(self.settings())

    def hint(self, command: str) -> str:
        """`command` as the person would type it to mean the same home."""
        home = f"--home {shlex.quote(str(self.home))} " if self.home is not None else ""
        return f"`wellspring {home}{command}`"
