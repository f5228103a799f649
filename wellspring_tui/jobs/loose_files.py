"""Reading an output or error file that belongs to no job; nothing is kept of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.results import Results
from wellspring_tui.jobs.filing import file_answers
from wellspring_tui.jobs.importing import check_results
from wellspring_tui.jobs.model import INDEX_NAME

if TYPE_CHECKING:
    from wellspring_tui.progress import Progress


def results_of_file(path: Path, progress: Progress) -> dict[str, Any]:
    """The results that a file holds; its custom_ids tell sections and prompt types.

    Raises InputError for a file of something else.
    """
    check_results(path)
    with (
        tempfile.TemporaryDirectory(prefix="wellspring-") as folder,
        AnswerIndex.create(Path(folder) / INDEX_NAME) as index,
    ):
        index.add_file(path, 1, progress.stage("Indexing answers"))
        file_answers(index)
        return Results(index, path.parent, path.parent).as_dict({})
