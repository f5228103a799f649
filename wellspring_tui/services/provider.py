"""What the built-in service needs to answer in front of a provider.

The address and the key go to its process in the environment, and nowhere else. Both sides
make the password of the key (see `wellspring_tui/local/provider.py`), so that the key itself
is never sent over the loopback, where somebody else may have taken the port.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

URL_VARIABLE = "WELLSPRING_PROVIDER_URL"
KEY_VARIABLE = "WELLSPRING_PROVIDER_KEY"


@dataclass(frozen=True, slots=True)
class Provider:
    """Who answers in real time, and is paid for it."""

    base_url: str
    key: str = field(repr=False)

    @property
    def variables(self) -> dict[str, str]:
        """What the process of the built-in service finds in its environment."""
        return {URL_VARIABLE: self.base_url, KEY_VARIABLE: self.key}

    def password(self, base_url: str) -> str:
        """What opens the built-in service at `base_url`."""
        return hmac.new(self.key.encode(), base_url.encode(), hashlib.sha256).hexdigest()

    def proxies(self, environment: Mapping[str, str]) -> str:
        """Stands for the proxies that an environment names, as that service makes it too."""
        found = (item for item in environment.items() if item[0].lower().endswith("_proxy"))
        named = "\n".join(f"{name}={value}" for name, value in sorted(found))
        raw = named.encode(errors="surrogateescape")
        return hmac.new(self.key.encode(), raw, hashlib.sha256).hexdigest()
