"""Wellspring: batch jobs on the OpenAI Batch API, from a prompts file to answers by section."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wellspring_tui.errors import WellspringError
    from wellspring_tui.wellspring import Wellspring

__version__ = "0.1.0"
__all__ = ["Wellspring", "WellspringError", "__version__"]

_HOMES = {
    "Wellspring": "wellspring_tui.wellspring",
    "WellspringError": "wellspring_tui.errors",
}


def __getattr__(name: str) -> object:
    """Public names come from their modules when first asked for: importing this costs nothing."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
