"""API keys: what may be shown of one, and those in the system's keyring.

The package `keyring` is optional.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError, StorageError
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyring.backend import KeyringBackend

_OWNER = "wellspring"
"""What the keys are filed under; the name beside it is that of the service."""
_TROUBLE_LENGTH = 120
_SHOWN_OF_KEY = 4
_LONG_ENOUGH = 16
"""Four characters would be much of a key that is shorter."""
_INSTALL = "pip install 'wellspring-tui[keyring]' installs it"


class Keychain:
    """The keys of services in the keyring; each is looked for once, when it is asked for.

    The package takes a quarter of a second to import, and a locked keyring asks the person:
    neither happens to those whose key is in the environment.
    """

    def __init__(self, *, closed: bool = False) -> None:
        """A `closed` one holds nothing, and leaves the system's keyring alone."""
        self._closed = closed
        self._keys: dict[str, str] = {}
        self._trouble: str | None = None
        self._looking = threading.Lock()

    def key(self, service: str) -> str | None:
        """The key of a service; None when there is none, or none that can be had."""
        with self._looking:
            if service not in self._keys:
                self._keys[service] = "" if self._closed else self._found(service)
            return self._keys[service] or None

    def has_found(self, service: str) -> bool:
        """Whether the key of a service was found when it was asked for; this asks nobody."""
        return bool(self._keys.get(service))

    @property
    def known(self) -> tuple[str, ...]:
        """The keys that were found so far: those that must not be told."""
        return tuple(filter(None, list(self._keys.values())))

    @property
    def trouble(self) -> str | None:
        """Why the keyring could not be read, when it was last asked for a key."""
        return self._trouble

    def keep(self, service: str, key: str) -> str:
        """Keep a key; the keyring's name. Raises InputError without one, StorageError."""
        with _opened() as backend:
            backend.set_password(_OWNER, service, key)
            kept = backend.get_password(_OWNER, service) == key
        if not kept:  # there is a backend that takes everything and keeps nothing
            raise StorageError(f"the keyring ({_name(backend)}) did not keep the key")
        with self._looking:
            self._keys[service] = key
        return _name(backend)

    def forget(self, service: str) -> bool:
        """Take a key out; False when there was none. Raises InputError, StorageError."""
        with _opened() as backend:
            there = backend.get_password(_OWNER, service) is not None
            if there:
                backend.delete_password(_OWNER, service)
        with self._looking:
            self._keys[service] = ""
        return there

    def _found(self, service: str) -> str:
        try:
            with _opened() as backend:
                return (backend.get_password(_OWNER, service) or "").strip()
        except InputError:
            return ""  # a machine without a keyring is an ordinary one
        except StorageError as error:
            self._trouble = error.what
            return ""


def backend_name() -> str:
    """What the keyring is called. Raises InputError without one, StorageError."""
    with _opened() as backend:
        return _name(backend)


def end_of_key(key: str) -> str | None:
    """All that may be shown of a key: its last characters, unless they are much of it."""
    return key[-_SHOWN_OF_KEY:] if len(key) >= _LONG_ENOUGH else None


def fit_for_key(text: str) -> bool:
    """Whether a key may look so: it travels in a header."""
    return text.isascii() and text.isprintable()


@contextmanager
def _opened() -> Iterator[KeyringBackend]:
    """The system's keyring; what it raises becomes an error of ours."""
    try:
        import keyring
        from keyring.backends.fail import Keyring as NoKeyring
        from keyring.errors import KeyringError
    except ImportError:
        raise InputError("the package for the keyring is missing", todo=f"{_INSTALL}.") from None
    try:
        backend = keyring.get_keyring()
        if isinstance(backend, NoKeyring):
            raise InputError(
                "this system has no keyring that could be used",
                todo="Start its service, install a backend for `keyring`, or use a variable.",
            )
        yield backend
    # A backend is a plugin that talks to another program: beside errors of the package they
    # let through those of their files and connections; a wrongly named one can't be imported.
    except (KeyringError, RuntimeError, OSError, ImportError, AttributeError, ValueError) as error:
        reason = one_line(f"{type(error).__name__}: {error}", _TROUBLE_LENGTH)
        raise StorageError(
            f"the keyring can't be used ({reason})", todo="Unlock it, or use a variable."
        ) from None


def _name(backend: KeyringBackend) -> str:
    return one_line(backend.name, 60)
