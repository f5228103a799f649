"""What may be told: no key, and no path outside the roots, whatever an error says."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wellspring_tui.rest.roots import Roots
    from wellspring_tui.settings import Settings

_HIDDEN = "(hidden)"
_FEWEST_LETTERS = 6
"""A secret shorter than this would be found by chance in ordinary words."""


class Discretion:
    """Takes what is private out of a text."""

    def __init__(self, settings: Settings, roots: Roots, secrets: Iterable[str] = ()) -> None:
        """`secrets` are taken out beside the keys of all services."""
        environment = settings.environment
        keys = (environment.get(one.key_variable, "") for one in settings.services.values())
        hidden = {found.strip() for found in (*secrets, *keys)}
        places = settings.places
        folders = (places.data, places.logs, places.config.parent, Path(tempfile.gettempdir()))
        private = {str(path) for folder in (*folders, Path.home()) for path in _both(folder)}
        self._roots = roots
        self._keychain = settings.keychain
        self._secrets = sorted((one for one in hidden if len(one) >= _FEWEST_LETTERS), key=len)
        # The longest first: one may lie in the other.
        self._folders = sorted(private - {"/", "."}, key=len, reverse=True)

    def text(self, said: str) -> str:
        """`said` on one line, without anything private."""
        for secret in (*reversed(self._secrets), *self._keychain.known):
            said = said.replace(secret, _HIDDEN)
        for folder in self._folders:
            if folder in said and not self._is_open(folder):
                said = said.replace(folder, _HIDDEN)
        return one_line(said)

    def path(self, path: str) -> str:
        """A path below the roots; of any other only its name."""
        return self._roots.shown(path)

    def where(self, place: str | None) -> str | None:
        """The place of an error: of a path outside the roots only its name."""
        if place is None:
            return None
        return one_line(self._roots.shown(place) if Path(place).is_absolute() else place)

    def _is_open(self, folder: str) -> bool:
        """Whether it is a root, or lies in one: then its name is no secret."""
        return any(Path(folder).is_relative_to(root) for root in self._roots.folders)


def _both(folder: Path) -> tuple[Path, Path]:
    """A folder as it is named and as it is."""
    return folder.absolute(), folder.resolve()
