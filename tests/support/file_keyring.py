"""A keyring of one small file, so that programs started by a test share it.

`PYTHON_KEYRING_BACKEND` names the class, `TEST_KEYRING` the file.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

ROOT = Path(__file__).parents[2]
LOCKED = "locked"


class FileKeyring(KeyringBackend):
    """Keeps every password in a file; with `locked` in it, it opens for nobody."""

    name = "file of the test"
    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def get_password(self, service: str, username: str) -> str | None:
        """A password, if it is there."""
        return self._read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep one."""
        self._write({**self._read(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        """Take one out."""
        kept = self._read()
        if kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("it is not there")
        self._write(kept)

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        text = self._path.read_text()
        if text == LOCKED:
            raise KeyringLocked("nobody unlocked it")
        kept: dict[str, str] = json.loads(text)
        return kept

    def _write(self, kept: dict[str, str]) -> None:
        self._path.write_text(json.dumps(kept))

    @property
    def _path(self) -> Path:
        return Path(os.environ["TEST_KEYRING"])


def variables(path: Path) -> dict[str, str]:
    """The environment of a program that is to use the keyring at `path`."""
    return {
        "PYTHON_KEYRING_BACKEND": f"{__name__}.{FileKeyring.__name__}",
        "PYTHONPATH": str(ROOT),
        "TEST_KEYRING": str(path),
    }
