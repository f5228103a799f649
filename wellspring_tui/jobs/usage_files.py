"""A usage report as a file: JSON as the command line prints it, or CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import IO, TYPE_CHECKING

import msgspec

from wellspring_tui.saving import writable, written_whole

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.jobs.usage_report import UsageReport

# A spreadsheet takes a cell that begins so for a formula, whoever wrote it; a quote mark
# before it makes it a text (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_report(report: UsageReport, path: Path) -> Path:
    """Write a report where it is wanted, whole or not at all; a path that ends in .csv is CSV.

    Returns where it is. Raises InputError or StorageError when it can't be written.
    """
    place = writable(path)
    with written_whole(place) as file:
        if place.suffix.lower() == ".csv":
            _write_csv(report, file)
        else:
            file.write(msgspec.json.format(msgspec.json.encode(report.as_dict()), indent=2) + b"\n")
    return place


def _write_csv(report: UsageReport, file: IO[bytes]) -> None:
    """The rows without their total: a spreadsheet sums by itself."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    rows = csv.writer(text)
    titles = list(report.total.as_dict())
    rows.writerow([report.by, *titles[1:]])
    for row in report.rows:
        rows.writerow([_cell(value) for value in row.as_dict().values()])
    text.detach()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
