"""The services that the package knows, as tables such as `config.toml` has."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_PATH = Path(__file__).with_name("known_services.toml")


@cache
def known_services() -> dict[str, dict[str, Any]]:
    """What is known of each service, by the name that `--service` takes."""
    return tomllib.loads(_PATH.read_text(encoding="utf-8"))
