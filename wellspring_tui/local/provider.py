"""In front of a provider that takes money: whose key is used, and who may use it.

Any process on this machine can reach the loopback. So only who knows the key is served: the
password is made of it, and says nothing of it. Address and key come in the environment, where
no list of processes shows them.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wellspring_tui.local.proxies import named_in

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from wellspring_tui.local.connections import Headers

URL_VARIABLE = "WELLSPRING_PROVIDER_URL"
KEY_VARIABLE = "WELLSPRING_PROVIDER_KEY"
_OPENAI_HOST = "api.openai.com"
# Whom OpenAI charges when a key may choose, by the variables that its own clients read.
_ACCOUNT = {"OPENAI_ORG_ID": b"openai-organization", "OPENAI_PROJECT_ID": b"openai-project"}


@dataclass(frozen=True, slots=True)
class Provider:
    """Who answers, and is paid for it."""

    base_url: str
    """As clients take it: `https://api.openai.com/v1`."""
    key: str = field(repr=False)
    headers: Headers = field(default_factory=list)
    """What every request tells besides."""

    def password(self, base_url: str) -> str:
        """What opens the service at `base_url`; that of another address, or key, is another."""
        return hmac.new(self.key.encode(), base_url.encode(), hashlib.sha256).hexdigest()

    def proxies(self, environment: Mapping[str, str]) -> str:
        """Stands for the proxies that an environment names, and says nothing of them."""
        named = named_in(environment).encode(errors="surrogateescape")
        return hmac.new(self.key.encode(), named, hashlib.sha256).hexdigest()


def taken_from(environment: MutableMapping[str, str]) -> Provider | None:
    """The provider that the environment names, which it does no more afterwards."""
    base_url, key = environment.pop(URL_VARIABLE, ""), environment.pop(KEY_VARIABLE, "")
    if not base_url or not key:
        return None
    headers: Headers = []
    if urlsplit(base_url).hostname == _OPENAI_HOST:
        named = ((name, environment.get(variable)) for variable, name in _ACCOUNT.items())
        headers = [(name, value.encode()) for name, value in named if value]
    return Provider(base_url, key, headers)
