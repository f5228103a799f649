"""Files and batches that another program made go through the same steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.python.conftest import batches_of, configure, headings
from tests.support.carried import CREATION
from tests.support.files import CHAT, answer, encoded, jsonl, request
from tests.support.scripted import Asked, Reply, ScriptedService, forward, json_reply
from wellspring_tui import InputError, WellspringBatchProcessor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wellspring_tui.services.client import Service

    Make = Callable[..., WellspringBatchProcessor]


def upload_elsewhere(remote: Service, tmp_path: Path, content: bytes) -> str:
    """A file of another program's."""
    path = tmp_path / "theirs.jsonl"
    path.write_bytes(content)
    return remote.upload(path, path.name, lambda _done, _total: None).id


def test_a_file_that_was_uploaded_elsewhere_becomes_a_job_with_one_batch(
    processor: WellspringBatchProcessor, make: Make, remote: Service, tmp_path: Path
) -> None:
    ids = [f"{name}_facts_prompt_1748305611" for name in ("Site Plan", "Water")]
    file_id = upload_elsewhere(remote, tmp_path, jsonl(request(own_id) for own_id in ids))
    batch = processor.create_batch_job(file_id, description="Theirs")
    assert [one.id for one in batches_of(remote, file_id)] == [batch.id]
    assert make().create_batch_job(file_id).id == batch.id
    ended = processor.monitor_batch_job(batch.id, check_interval=0.05)
    assert (ended.endpoint, ended.model) == (CHAT, "gpt-4o-mini")
    results = processor.process_results(processor.download_results(ended))
    assert headings(results) == {"Site Plan": ["facts_prompt"], "Water": ["facts_prompt"]}
    assert len(batches_of(remote, file_id)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no JSON at all\n", "line 1: the line is not valid JSON"),
        (jsonl([request("a"), request("a")]), "already on line 1"),
        (b"\n", "there are no requests in the file"),
    ],
)
def test_a_file_elsewhere_that_no_batch_can_be_made_of_is_refused(
    processor: WellspringBatchProcessor,
    home: Path,
    service_url: str,
    tmp_path: Path,
    content: bytes,
    said: str,
) -> None:
    def answering(asked: Asked) -> Reply | None:
        """The built-in service would not take such files."""
        if asked.path == "/files/file-bad":
            return json_reply({"id": "file-bad", "bytes": len(content), "filename": "x"})
        if asked.path == "/files/file-bad/content":
            return Reply(200, content)
        return forward(asked, service_url)

    with ScriptedService(answering) as line:
        configure(home, line.base_url)
        with WellspringBatchProcessor() as theirs, pytest.raises(InputError, match=said):
            theirs.create_batch_job("file-bad")
        assert line.count(*CREATION) == 0
    assert processor.wellspring.jobs() == []
    assert [path for path in (home / "input").iterdir() if path.is_dir()] == []


def test_a_file_that_is_nowhere_or_has_a_batch_already_is_refused(
    processor: WellspringBatchProcessor, remote: Service, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="does not give the file “file-nowhere”"):
        processor.create_batch_job("file-nowhere")
    file_id = upload_elsewhere(remote, tmp_path, jsonl([request("one")]))
    batch = remote.create(file_id, CHAT, "24h", {})
    with pytest.raises(InputError, match=f"the batch {batch.id} was made of the file"):
        processor.create_batch_job(file_id)
    assert len(batches_of(remote, file_id)) == 1


def test_a_batch_made_elsewhere_is_followed_by_its_id(
    processor: WellspringBatchProcessor, remote: Service, tmp_path: Path
) -> None:
    file_id = upload_elsewhere(remote, tmp_path, jsonl([request("Site_facts_1748305611")]))
    batch = remote.create(file_id, CHAT, "24h", {})
    assert processor.get_batch_status(batch.id)["request_counts"]["total"] == 1
    ended = processor.monitor_batch_job(batch.id, check_interval=0.05)
    assert processor.download_results(remote.retrieve(batch.id)).is_file()
    assert (ended.id, ended.status) == (batch.id, "completed")


def test_an_output_file_from_elsewhere_is_read_by_its_old_ids(
    processor: WellspringBatchProcessor, tmp_path: Path
) -> None:
    output = tmp_path / "batch_683506cc_output.jsonl"
    output.write_bytes(
        encoded(
            answer("Development Budget_data_extraction_prompt_1748305611", "Much."),
            answer("Development Budget_design_specification_prompt_1748305611", "Blue."),
            answer("free form", "So."),
        )
    )
    results = processor.process_results(output)
    assert results["total_results"] == 3
    found = results["results_by_section"]
    assert headings(results) == {
        "Development Budget": ["data_extraction_prompt", "design_specification_prompt"],
        "Requests": ["free form"],
    }
    entry = found["Development Budget"]["data_extraction_prompt"]
    assert (entry["response"], entry["usage"]["total_tokens"]) == ("Much.", 15)
    assert processor.wellspring.jobs() == []
