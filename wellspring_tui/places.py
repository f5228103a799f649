"""Where Wellspring keeps things."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from wellspring_tui.service_profiles import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Places:
    """Where Wellspring keeps things."""

    data: Path
    logs: Path
    config: Path

    @property
    def ledger(self) -> Path:
        """The SQLite file of jobs."""
        return self.data / "ledger.sqlite"

    @property
    def local(self) -> Path:
        """The built-in service's own folder."""
        return self.data / "local"

    def builtin(self, name: str) -> Path:
        """The folder of a built-in service: those that others answer for share nothing."""
        return self.local if name == LOCAL else self.data / f"local-{quote(name, safe=' ')}"

    @property
    def log(self) -> Path:
        """The file that tells what the program did."""
        return self.logs / "wellspring.log"

    @property
    def welcomed(self) -> Path:
        """An empty file, there once somebody was welcomed."""
        return self.data / "welcomed"

    def inputs(self, job_id: str) -> Path:
        """The folder of a job's input files."""
        return self.data / "input" / job_id

    def outputs(self, job_id: str) -> Path:
        """The folder of a job's output and error files, and their index."""
        return self.data / "output" / job_id


def places_of(home: Path | None, environment: Mapping[str, str]) -> Places:
    """All in one folder, when one is named; otherwise where files belong on this system."""
    named_home = environment.get("WELLSPRING_HOME")
    if home is not None or named_home:
        whole = (home or Path(str(named_home))).expanduser().absolute()
        return Places(whole, whole / "logs", whole / "config.toml")
    import platformdirs

    dirs = platformdirs.PlatformDirs("wellspring", appauthor=False)
    return Places(dirs.user_data_path, dirs.user_log_path, dirs.user_config_path / "config.toml")
