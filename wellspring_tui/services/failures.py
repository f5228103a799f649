"""The SDK's exceptions, turned into ours at the edge."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from wellspring_tui.errors import (
    BusyError,
    CredentialsError,
    GoneError,
    NetworkError,
    RefusedError,
    ServiceError,
)
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    import openai

# A 429 that no waiting cures (OpenAI's error codes guide; the newer names are second-hand).
_OUT_OF_MONEY = {
    "insufficient_quota",
    "billing_hard_limit_reached",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
}

_LONG_KEY = 12


@contextmanager
def translated(base_url: str, key: str = "") -> Iterator[None]:
    """Inside, every failure of the SDK or its HTTP library becomes a ServiceError.

    Services repeat a key that they refuse: in no error is `key` left.
    """
    import httpx2
    import openai

    try:
        yield
    except openai.APITimeoutError:
        raise NetworkError(
            f"{base_url} did not answer in time", todo="Wellspring will look again."
        ) from None
    except openai.APIConnectionError as error:
        reason = one_line(str(error.__cause__ or error), 120)
        raise NetworkError(
            f"no connection to {base_url} ({reason})",
            todo="Check the network and the service's base URL.",
        ) from None
    except openai.APIStatusError as error:
        raise _of_status(error, base_url, key) from None
    except (openai.APIError, httpx2.HTTPError, httpx2.StreamError) as error:
        reason = one_line(str(error), 120)
        raise NetworkError(
            f"the answer of {base_url} broke off or made no sense ({reason})",
            todo="Wellspring will look again.",
        ) from None


def _of_status(error: openai.APIStatusError, base_url: str, key: str) -> ServiceError:
    message = error.message.removeprefix(f"Error code: {error.status_code} - ")
    # What is shorter is a stand-in for a service that wants no key.
    said = one_line(message.replace(key, "[key]") if len(key) >= _LONG_KEY else message, 300)
    match error.status_code:
        case 401 | 403:
            return CredentialsError(
                f"{base_url} refuses the API key ({said})",
                todo="Check the key and its project; `wellspring doctor` shows which one is used.",
            )
        case 404:
            return GoneError(f"{base_url} does not have it ({said})")
        case 429 if {error.code, error.type} & _OUT_OF_MONEY:
            return RefusedError(
                f"the account behind {base_url} is out of credit ({said})",
                todo="Check its billing page.",
            )
        case 408 | 425 | 429:
            return BusyError(
                f"{base_url} asks to wait ({said})",
                retry_after_seconds=_retry_after(error.response.headers.get("retry-after")),
            )
        case code if code >= 500:
            return BusyError(
                f"{base_url} has a problem of its own ({code}: {said})",
                retry_after_seconds=_retry_after(error.response.headers.get("retry-after")),
                in_doubt=True,
            )
        case code:
            return RefusedError(f"{base_url} refused it ({code}: {said})")


def _retry_after(header: str | None) -> float | None:
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None
