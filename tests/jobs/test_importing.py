"""Result files on disk become a job that is over."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.files import CHAT, SHARED, answer, encoded, expired, jsonl, request
from wellspring_tui.errors import InputError
from wellspring_tui.jobs.model import IMPORTED, NO_SERVICE

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.wellspring import Wellspring

OLD_IDS = [
    f"{section}_{kind}_1748305611"
    for section in ("Site Plan", "Water & Soil")
    for kind in ("facts_prompt", "layout_prompt")
]
TYPES = ["facts_prompt", "layout_prompt"]
REAL_OUTPUT = SHARED / "batch_683506cc77cc8190b47611aeff3f7024_output.jsonl"
REAL_INPUT = SHARED / "wellspring_batch_tasks_20250526_172651.jsonl"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """The answers of four prompts, the last one first."""
    path = tmp_path / "output.jsonl"
    path.write_bytes(encoded(*map(answer, reversed(OLD_IDS))))
    return path


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    """The requests of those prompts, and one more."""
    path = tmp_path / "requests.jsonl"
    path.write_bytes(jsonl(request(own_id) for own_id in [*OLD_IDS, "lone"]))
    return path


def sections(wellspring: Wellspring, job_id: str) -> dict[str, list[str]]:
    """Section → prompt types, of what is answered."""
    found = wellspring.results(job_id)
    with found.index:
        by_section = found.as_dict({})["results_by_section"]
    return {name: list(answers) for name, answers in by_section.items()}


def test_an_output_file_alone_tells_sections_tokens_and_cost(
    wellspring: Wellspring, output: Path
) -> None:
    job = wellspring.import_files(output)

    assert (job.name, job.kind, job.service) == ("output", IMPORTED, NO_SERVICE)
    assert (job.status, job.collected, job.all_answered) == ("completed", True, True)
    assert (job.requests, job.model) == (4, "gpt-4o-mini-2024-07-18")
    assert (job.input_tokens, job.output_tokens) == (40, 20)
    assert job.cost == 40 * Decimal("0.000000075") + 20 * Decimal("0.0000003")
    assert job.ended_at is not None
    told = sections(wellspring, job.id)
    assert {name: sorted(kinds) for name, kinds in told.items()} == {
        "Site Plan": TYPES,
        "Water & Soil": TYPES,
    }
    # The copy stays when the file goes.
    content = output.read_bytes()
    output.unlink()
    assert sections(wellspring, job.id) == told
    copy = wellspring.settings.places.outputs(job.id) / "part-001.output.jsonl"
    assert copy.read_bytes() == content


def test_the_requests_tell_the_order_and_what_is_missing(
    wellspring: Wellspring, output: Path, requests: Path
) -> None:
    job = wellspring.import_files(output, input=requests, name="Spring")

    assert (job.name, job.model, job.endpoint) == ("Spring", "gpt-4o-mini", CHAT)
    assert (job.requests, job.completed, job.missing) == (5, 4, 1)
    assert sections(wellspring, job.id) == {"Site Plan": TYPES, "Water & Soil": TYPES}
    found = wellspring.results(job.id)
    with found.index as index:
        first = next(index.answers())
        assert json.loads(found.request_line(first))["custom_id"] == OLD_IDS[0]
        assert [one.custom_id for one in index.unanswered()] == ["lone"]


def test_error_lines_tell_how_the_batch_ended(
    wellspring: Wellspring, output: Path, requests: Path, tmp_path: Path
) -> None:
    errors = tmp_path / "errors.jsonl"
    errors.write_bytes(encoded(expired("lone")))
    job = wellspring.import_files(output, errors=errors, input=requests)
    assert (job.status, job.completed, job.failed, job.missing) == ("expired", 4, 1, 0)


def test_an_imported_job_is_in_nobodys_way(wellspring: Wellspring, output: Path) -> None:
    job = wellspring.import_files(output)
    assert wellspring.tick().failures == {}
    assert wellspring.recent_files() == []  # it was made of no prompts file
    assert wellspring.about(job)["batch_ids"] == []
    assert wellspring.check_interval_seconds() > 0
    with pytest.raises(InputError, match="is over already"):
        wellspring.cancel(job.id)
    with pytest.raises(InputError, match="made of files"):
        wellspring.retry(job.id)
    assert wellspring.import_files(output).id != job.id


def test_lines_that_say_nothing_and_strangers_are_told(
    wellspring: Wellspring, output: Path, requests: Path
) -> None:
    with output.open("ab") as file:
        file.write(b'{"half a line\n' + encoded(answer("stranger")))
    job = wellspring.import_files(output, input=requests)
    assert (job.requests, job.completed) == (5, 4)
    problems = wellspring.detail(job.id).parts[0].problems
    assert [problem.code for problem in problems] == ["unreadable_lines", "unknown_custom_ids"]
    assert "1 of 6 lines" in problems[0].message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"id,answer\n", "the first line is not a JSON object"),
        (b"[1]\n", "the first line is not a JSON object"),
        (b"\x89PNG\r\n", "the first line is not a JSON object"),
        (b'{"custom_id": "a"}\n', "neither a response nor an error"),
        (request("a") + b"\n", "these are requests, not results"),
    ],
)
def test_a_file_of_something_else_is_refused_in_a_sentence(
    wellspring: Wellspring, output: Path, content: bytes, said: str
) -> None:
    output.write_bytes(content)
    with pytest.raises(InputError, match=said):
        wellspring.import_files(output)
    assert wellspring.jobs() == []
    assert not (wellspring.settings.places.data / "output").exists()


def test_a_file_of_requests_that_is_none_is_refused(
    wellspring: Wellspring, output: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jsonl"
    for content, said in (
        (output.read_bytes(), "these are results, not requests"),
        (b"{}\n", "not a batch request"),
        (jsonl([request("somebody else's")]), "none of its requests is answered"),
    ):
        other.write_bytes(content)
        with pytest.raises(InputError, match=said):
            wellspring.import_files(output, input=other)
    with pytest.raises(InputError, match="there is no such file"):
        wellspring.import_files(tmp_path / "nowhere.jsonl")
    with pytest.raises(InputError, match="this is a folder"):
        wellspring.import_files(tmp_path)
    assert wellspring.jobs() == []
    assert list((wellspring.settings.places.data / "output").iterdir()) == []


@pytest.mark.skipif(not REAL_OUTPUT.exists(), reason="the real files are not on this machine")
@pytest.mark.parametrize("with_input", [False, True])
def test_a_real_output_shows_its_three_sections_of_three(
    wellspring: Wellspring, *, with_input: bool
) -> None:
    job = wellspring.import_files(REAL_OUTPUT, input=REAL_INPUT if with_input else None)
    kinds = ["data_extraction_prompt", "design_specification_prompt", "content_optimization_prompt"]
    assert sections(wellspring, job.id) == {
        "Development Budget Components": kinds,
        "Six Phases of Development Life Cycle": kinds,
        "DHCS Compliance Requirements": kinds,
    }
    assert job.input_tokens + job.output_tokens == 8_511
    assert job.cost is not None
