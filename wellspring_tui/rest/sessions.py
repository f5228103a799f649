"""Who may come in: the token, and browsers that have shown it once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING

from wellspring_tui.errors import SettingsError
from wellspring_tui.private import create, make_folder, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.types import Scope

    from wellspring_tui.settings import Settings

TOKEN_VARIABLE = "WELLSPRING_TOKEN"  # noqa: S105 - its name, not its value
DASHBOARD = "/dashboard"
SIGN_IN = f"{DASHBOARD}/sign-in"
SESSION_SECONDS = 12 * 3_600
_SHORTEST_TOKEN = 16
_MOST_SESSIONS = 100


def cookie_name(scope: Scope) -> str:
    """The name of a browser's session: cookies are shared by all ports of a machine."""
    port = (scope.get("server") or ("", 0))[1]
    return f"wellspring_{port}"


def token_of(settings: Settings) -> str | None:
    """The token that was set. Raises SettingsError for one that is no good."""
    token = settings.environment.get(TOKEN_VARIABLE, "").strip()
    if not token:
        return None
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        raise SettingsError(
            f"expected at least {_SHORTEST_TOKEN} ASCII characters",
            where=TOKEN_VARIABLE,
            todo="`openssl rand -hex 32` makes a good one; without one Wellspring makes its own.",
        )
    return token


def make_token(path: Path) -> str:
    """A new token, written to `path` for its owner alone. Raises StorageError."""
    token = secrets.token_urlsafe(32)
    make_folder(path.parent)
    with writing(path):
        path.unlink(missing_ok=True)  # another mode, or a link, would outlive the writing
        with create(path) as file:
            file.write(token.encode() + b"\n")
    return token


class Sessions:
    """Checks the token, and remembers the browsers that have signed in."""

    def __init__(self, token: str | None, now: Callable[[], float] = time.monotonic) -> None:
        """Without a token everybody may come in."""
        self._token = _hashed(token) if token else None
        self._now = now
        self._open: dict[str, float] = {}
        self._code: str | None = None

    @property
    def wanted(self) -> bool:
        """Whether a token is wanted at all."""
        return self._token is not None

    def is_token(self, given: str) -> bool:
        """Whether that is the token; takes as long for every wrong one."""
        return self._token is not None and hmac.compare_digest(_hashed(given), self._token)

    def new_code(self) -> str:
        """A code that signs one browser in, once, so that the token need not be printed."""
        self._code = secrets.token_urlsafe(24)
        return self._code

    def sign_in(self, given: str) -> str | None:
        """The id of a new session for the token or the code; None for anything else."""
        by_code = self._code is not None and hmac.compare_digest(
            _hashed(given), _hashed(self._code)
        )
        if by_code:
            self._code = None
        elif not self.is_token(given):
            return None
        now = self._now()
        known = [(name, until) for name, until in self._open.items() if until > now]
        session = secrets.token_urlsafe(32)
        self._open = dict(known[-(_MOST_SESSIONS - 1) :]) | {session: now + SESSION_SECONDS}
        return session

    def is_open(self, session: str) -> bool:
        """Whether a browser with that id has signed in."""
        return self._open.get(session, 0.0) > self._now()


def _hashed(text: str) -> bytes:
    """Of one length, whatever was given."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
