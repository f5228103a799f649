"""A batch from upload to result files, for each endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from openai.types import (
    Completion,
    CreateEmbeddingResponse,
    ImagesResponse,
    ModerationCreateResponse,
    Video,
)
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from tests.local.conftest import jsonl, request_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from tests.local.conftest import LocalService

CHAT: Final = "/v1/chat/completions"
RESPONSES: Final = "/v1/responses"
EMBEDDINGS: Final = "/v1/embeddings"
COMPLETIONS: Final = "/v1/completions"
MODERATIONS: Final = "/v1/moderations"
IMAGES: Final = "/v1/images/generations"
EDITS: Final = "/v1/images/edits"
VIDEOS: Final = "/v1/videos"


@pytest.mark.parametrize(
    ("endpoint", "model", "snapshot", "shape"),
    [
        (CHAT, "gpt-4o-mini", "gpt-4o-mini-2024-07-18", ChatCompletion),
        (RESPONSES, "gpt-5-mini", "gpt-5-mini-2025-08-07", Response),
        (EMBEDDINGS, "text-embedding-3-small", "text-embedding-3-small", CreateEmbeddingResponse),
        (COMPLETIONS, "davinci-002", "davinci-002", Completion),
        (MODERATIONS, "omni-moderation-latest", "omni-moderation-latest", ModerationCreateResponse),
        (IMAGES, "gpt-image-1", "gpt-image-1", ImagesResponse),
        (EDITS, "gpt-image-1", "gpt-image-1", ImagesResponse),
        (VIDEOS, "sora-2", "sora-2", Video),
    ],
)
def test_every_request_gets_an_answer_that_the_openai_package_accepts(
    shared_service: LocalService,
    matches: Callable[[str, object], None],
    endpoint: str,
    model: str,
    snapshot: str,
    shape: type[BaseModel],
) -> None:
    service = shared_service
    created = service.submit([request_line(n, endpoint, model) for n in range(20)], endpoint)
    assert (created.status, created.model) == ("validating", None)
    assert created.expires_at == created.created_at + 86_400

    batch = service.until_ended(created)

    assert (batch.status, batch.model, batch.error_file_id) == ("completed", snapshot, None)
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"total": 20, "completed": 20, "failed": 0}
    assert None not in (batch.in_progress_at, batch.finalizing_at, batch.completed_at)
    lines = service.lines(batch.output_file_id)
    assert sorted(line["custom_id"] for line in lines) == sorted(f"request-{n}" for n in range(20))
    for line in lines:
        matches("BatchRequestOutput", line)
        assert line["error"] is None
        assert line["response"]["status_code"] == 200
        shape.model_validate(line["response"]["body"], strict=True)
        assert line["response"]["body"].get("model", snapshot) == snapshot


def test_moderations_need_not_name_a_model(shared_service: LocalService) -> None:
    asked = [request_line(n, MODERATIONS) for n in range(2)]
    for line in asked:
        del line["body"]["model"]
    ended = shared_service.until_ended(shared_service.submit(asked, MODERATIONS))
    assert (ended.status, ended.model) == ("completed", "omni-moderation-latest")


def test_a_batch_object_has_all_keys_from_the_start_with_nulls_said(
    shared_service: LocalService, matches: Callable[[str, object], None]
) -> None:
    service = shared_service
    file = service.upload(jsonl([request_line(1)]))
    body = {
        "input_file_id": file.id,
        "endpoint": CHAT,
        "completion_window": "24h",
        "metadata": {"job": "tides"},
    }

    created = service.http.post(f"{service.base_url}/batches", json=body).json()

    matches("Batch.wire", created)
    assert len(created) == 22
    assert created["metadata"] == {"job": "tides"}
    assert created["request_counts"] == {"total": 0, "completed": 0, "failed": 0}
    assert created["usage"]["total_tokens"] == 0
    assert created["errors"] is created["output_file_id"] is None
    matches("Batch.wire", service.http.get(f"{service.base_url}/batches/{created['id']}").json())
    matches("ListBatchesResponse.wire", service.http.get(f"{service.base_url}/batches").json())


def test_answers_come_in_another_order_than_the_requests(shared_service: LocalService) -> None:
    batch = shared_service.until_ended(shared_service.submit(map(request_line, range(40))))

    order = [line["custom_id"] for line in shared_service.lines(batch.output_file_id)]

    assert order != [f"request-{n}" for n in range(40)]


def test_the_usage_of_a_batch_is_the_sum_over_its_answers(shared_service: LocalService) -> None:
    lines = [request_line(n, model="o4-mini") for n in range(12)]
    batch = shared_service.until_ended(shared_service.submit(lines))

    usages = [
        line["response"]["body"]["usage"] for line in shared_service.lines(batch.output_file_id)
    ]

    assert batch.usage is not None
    assert batch.usage.input_tokens == sum(usage["prompt_tokens"] for usage in usages)
    assert batch.usage.output_tokens == sum(usage["completion_tokens"] for usage in usages)
    assert batch.usage.total_tokens == sum(usage["total_tokens"] for usage in usages)
    assert batch.usage.output_tokens_details.reasoning_tokens == sum(
        usage["completion_tokens_details"]["reasoning_tokens"] for usage in usages
    )


def test_what_a_model_refuses_is_in_the_error_file_and_only_there(
    shared_service: LocalService,
) -> None:
    refused: list[dict[str, Any]] = [
        {"max_tokens": 100},
        {"temperature": 0},
        {"messages": "a string"},
        {"messages": [{"role": "nobody", "content": "hello"}]},
    ]
    lines = [request_line(n, model="gpt-5-mini", **body) for n, body in enumerate(refused)]
    lines.append(request_line(99, model="gpt-5-mini"))

    batch = shared_service.until_ended(shared_service.submit(lines))

    assert batch.status == "completed"
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"total": 5, "completed": 1, "failed": 4}
    output = shared_service.lines(batch.output_file_id)
    assert [line["custom_id"] for line in output] == ["request-99"]
    errors = {
        line["custom_id"]: line["response"]["body"]["error"]
        for line in shared_service.lines(batch.error_file_id)
    }
    assert errors["request-0"] == {
        "message": "Unsupported parameter: 'max_tokens' is not supported with this model. "
        "Use 'max_completion_tokens' instead.",
        "type": "invalid_request_error",
        "param": "max_tokens",
        "code": "unsupported_parameter",
    }
    assert errors["request-1"]["message"] == (
        "Unsupported value: 'temperature' does not support 0 with this model. "
        "Only the default (1) value is supported."
    )
    assert errors["request-2"]["param"] == "messages"
    assert errors["request-3"]["param"] == "messages[0].role"


def test_a_batch_of_failures_is_completed_without_an_output_file(
    shared_service: LocalService,
) -> None:
    lines = [request_line(n, model="o3", max_tokens=5) for n in range(3)]

    batch = shared_service.until_ended(shared_service.submit(lines))

    assert (batch.status, batch.output_file_id) == ("completed", None)
    for line in shared_service.lines(batch.error_file_id):
        assert line["error"] is None
        assert line["response"]["status_code"] == 400


def test_result_files_are_named_after_their_batch_and_expire_as_asked(
    shared_service: LocalService, matches: Callable[[str, object], None]
) -> None:
    service = shared_service
    lines = [request_line(0, model="o3"), request_line(1, model="o3", max_tokens=5)]
    created = service.openai.batches.create(
        input_file_id=service.upload(jsonl(lines)).id,
        endpoint=CHAT,
        completion_window="24h",
        output_expires_after={"anchor": "created_at", "seconds": 7200},
    )

    batch = service.until_ended(created)

    for file_id, kind in ((batch.output_file_id, "output"), (batch.error_file_id, "error")):
        assert file_id is not None
        file = service.openai.files.retrieve(file_id)
        matches("OpenAIFile.wire", file.to_dict())
        assert (file.filename, file.purpose) == (f"{batch.id}_{kind}.jsonl", "batch_output")
        assert file.expires_at == file.created_at + 7200
        assert file.bytes == len(service.openai.files.content(file_id).content)


def test_a_batch_outlives_its_deleted_input_file(service: LocalService) -> None:
    batch = service.submit(map(request_line, range(3000)))
    batch = service.until(batch, lambda now: now.status != "validating")
    service.openai.files.delete(batch.input_file_id)

    batch = service.until_ended(batch)

    assert batch.status == "completed"
    assert len(service.lines(batch.output_file_id)) == 3000
