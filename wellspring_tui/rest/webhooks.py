"""Is a webhook from the service? Signatures as Standard Webhooks has them, and OpenAI with it.

Signed is `id.timestamp.body` with HMAC-SHA256; the header holds one signature or several,
each as `v1,<base64>`, and the secret is `whsec_` and its bytes in base64.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from typing import TYPE_CHECKING

from wellspring_tui.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SECRET_VARIABLE = "OPENAI_WEBHOOK_SECRET"  # noqa: S105 - its name, not its value
TOLERANCE_SECONDS = 300
"""How old, or how far ahead, a webhook may be; the openai package allows as much."""
_LONGEST_ID = 200


def secret_bytes(secret: str) -> bytes:
    """The key in a webhook's secret. Raises SettingsError when it is none."""
    try:
        found = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        found = b""
    if not found:
        raise SettingsError(
            "expected whsec_ and base64",
            where=SECRET_VARIABLE,
            todo="Copy the signing secret of the webhook's endpoint again.",
        )
    return found


class Seal:
    """Checks webhooks, and knows those it has seen."""

    def __init__(self, key: bytes, now: Callable[[], float] = time.time) -> None:
        """`now` tells the time in seconds since 1970."""
        self._key = key
        self._now = now
        self._seen: dict[str, float] = {}
        self._changing = threading.Lock()

    def holds(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the body is signed by the holder of the secret, just now."""
        own_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not 0 < len(own_id) <= _LONGEST_ID or not (sent_at.isascii() and sent_at.isdigit()):
            return False
        signed = b"%s.%s.%s" % (own_id.encode(), sent_at.encode(), body)
        wanted = base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256))
        given = headers.get("webhook-signature", "").split()
        matches = [
            hmac.compare_digest(wanted, one.removeprefix("v1,").encode())
            for one in given
            if one.startswith("v1,")
        ]
        in_time = len(sent_at) < 15 and abs(self._now() - int(sent_at)) <= TOLERANCE_SECONDS
        return any(matches) and in_time

    def is_new(self, own_id: str) -> bool:
        """Whether a webhook is seen for the first time; an older one does not pass `holds`."""
        now = self._now()
        with self._changing:
            kept = now - 2 * TOLERANCE_SECONDS
            self._seen = {one: at for one, at in self._seen.items() if at >= kept}
            new = own_id not in self._seen
            self._seen.setdefault(own_id, now)
        return new
