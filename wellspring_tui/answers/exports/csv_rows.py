"""Rows of a CSV file (RFC 4180) that no spreadsheet takes for formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# A spreadsheet runs a cell that begins so as a formula, whoever wrote it; a quote mark
# before it makes it a text (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# A negative number does nothing, and would be no number with a quote mark before it.
_NUMBER = re.compile(r"[+-]\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_SPECIAL = re.compile('[",\r\n]')


def csv_row(values: Iterable[object]) -> bytes:
    """As the csv module would write it, several times as quickly for long texts."""
    return (",".join(map(_cell, values)) + "\r\n").encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if isinstance(value, str) and text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    if _SPECIAL.search(text) is None:
        return text
    return '"' + text.replace('"', '""') + '"'
