"""Files of answers: whole or not there, and never over somebody else's unasked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.answers.exports.job import ABOUT
from tests.support.results import results_in
from wellspring_tui.answers.exports.formats import FORMATS, export, format_named, format_of
from wellspring_tui.answers.exports.source import Source
from wellspring_tui.errors import InputError, StoppedError, StorageError
from wellspring_tui.progress import Progress

if TYPE_CHECKING:
    from tests.answers.exports.conftest import Written
    from wellspring_tui.answers.results import Results


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_holds_what_a_pipe_gets(
    results: Results, written: Written, tmp_path: Path, name: str
) -> None:
    found = export(Source(results, ABOUT), tmp_path / "out", name, replace=False)
    assert found == tmp_path / "out"
    assert len(found.read_bytes()) == len(written(name))


@pytest.mark.parametrize("name", FORMATS)
def test_a_job_without_requests_makes_a_whole_file_too(tmp_path: Path, name: str) -> None:
    results = results_in(tmp_path / "job", {})
    with results.index:
        found = export(Source(results, {}), tmp_path / "out", name, replace=False)
    assert found.exists()


def test_a_file_that_is_there_stays_unless_it_may_be_replaced(
    results: Results, tmp_path: Path
) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(b"mine")
    with pytest.raises(InputError, match=r"mine\.csv: the file exists"):
        export(Source(results, ABOUT), path, "csv", replace=False)
    assert path.read_bytes() == b"mine"
    export(Source(results, ABOUT), path, "csv", replace=True)
    assert path.read_bytes().startswith(b"section,")


@pytest.mark.parametrize("name", FORMATS)
def test_a_stopped_export_leaves_nothing_behind(
    results: Results, tmp_path: Path, name: str
) -> None:
    stopped = Progress()
    stopped.stopped.set()
    folder = tmp_path / "exports"
    folder.mkdir()
    with pytest.raises(StoppedError, match="stopped while writing answers"):
        export(Source(results, ABOUT, progress=stopped), folder / "out", name, replace=False)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", FORMATS)
def test_an_output_file_that_is_gone_leaves_nothing_behind(
    results: Results, tmp_path: Path, name: str
) -> None:
    (results.outputs / "part-001.output.jsonl").unlink()
    with pytest.raises(StorageError, match="it can't be read"):
        export(Source(results, ABOUT), tmp_path / "out", name, replace=False)
    assert not (tmp_path / "out").exists()


def test_progress_tells_answers_of_all(results: Results) -> None:
    heard: list[tuple[str, int, int | None]] = []
    source = Source(results, ABOUT, progress=Progress(lambda *told: heard.append(told)))
    assert len(list(source.entries())) == 7
    assert heard == [("Writing answers", 0, 7), ("Writing answers", 7, 7)]


def test_formats_are_known_by_name_and_by_the_end_of_a_file_name() -> None:
    assert format_named("markdown").suffix == ".md"
    assert format_of(Path("a/b.HTML")) is FORMATS["html"]
    assert format_of(Path("b.txt")) is None
    with pytest.raises(InputError, match=r"no format “pdf”\. There are json, jsonl, csv"):
        format_named("pdf")
