"""The service's own lines of a whole job in one file: all parts, the newest answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.answers.places import PlacedLines
from wellspring_tui.saving import written_whole

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.answers.results import Results

_PAGE_ROWS = 200


def write_raw_lines(results: Results, path: Path) -> None:
    """Write the line that counts for each request, byte for byte, in view order.

    Failed requests have a line too, missing ones none. Raises StorageError.
    """
    index = results.index
    with written_whole(path, 0o600) as file, PlacedLines(results.outputs) as lines:
        for start in range(0, len(index), _PAGE_ROWS):
            for answer in list(index.answers(start, start + _PAGE_ROWS)):
                if answer.response is not None:
                    file.write(lines.at(answer.response).removesuffix(b"\n") + b"\n")
