"""For how long a service is asked to keep the files with the answers."""

from __future__ import annotations

import re

from wellspring_tui.errors import InputError
from wellspring_tui.text import one_line

_WRITTEN = re.compile(r"(\d{1,7})\s*([smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SHORTEST, _LONGEST = 3_600, 2_592_000
"""Seconds, by OpenAI's API reference of `output_expires_after`: an hour to 30 days."""
NEVER_ASKED = "none"


def life_seconds(text: str | None) -> int | None:
    """The seconds that `30d`, `12h`, `90m` or `3600` mean.

    None for `none`, or nothing: then the service decides. Raises InputError.
    """
    written = (text or NEVER_ASKED).strip().lower()
    if written == NEVER_ASKED:
        return None
    found = _WRITTEN.fullmatch(written)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not _SHORTEST <= seconds <= _LONGEST:
        raise InputError(
            f"expected a time from 1h to 30d, or none, found “{one_line(str(text), 20)}”",
            where="output expires after",
        )
    return seconds
