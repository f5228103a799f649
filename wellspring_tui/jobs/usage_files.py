"""A usage report as a file: JSON as the command line prints it, or CSV for a spreadsheet."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import msgspec

from wellspring_tui.answers.exports.csv_rows import csv_row
from wellspring_tui.saving import writable, written_whole

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.jobs.usage_report import UsageReport


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
    titles = list(report.total.as_dict())
    file.write(csv_row([report.by, *titles[1:]]))
    for row in report.rows:
        file.write(csv_row(row.as_dict().values()))
