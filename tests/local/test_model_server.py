"""Batches answered by a model server: what it says is kept, what passes is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.local.conftest import decoded, request_line
from tests.support.model_server import ModelServer
from wellspring_tui.local.wire import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from openai.types import Batch

    from tests.local.conftest import Line, LocalService


@pytest.fixture
def model_server(tmp_path: Path) -> Iterator[ModelServer]:
    with ModelServer(tmp_path) as running:
        yield running


@pytest.fixture
def in_front(start: Callable[..., LocalService], model_server: ModelServer) -> LocalService:
    """A service in front of the model server."""
    return start("--model-server", model_server.url, "--line-timeout", "1")


def named(number: int, url: str = "/v1/chat/completions", **body: object) -> Line:
    """A request that the model server knows by its custom_id."""
    return request_line(number, url, "tiny-1", user=f"request-{number}", **body)


def by_custom_id(lines: list[Line]) -> dict[str, Any]:
    return {line["custom_id"]: line["response"] for line in lines}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_each_endpoint_is_asked_for_its_lines(
    in_front: LocalService, model_server: ModelServer, endpoint: str
) -> None:
    batch = in_front.submit([named(n, endpoint) for n in range(40)], endpoint)

    ended = in_front.until_ended(batch)

    assert (ended.status, ended.model, ended.error_file_id) == ("completed", "tiny-1", None)
    assert ended.request_counts is not None
    assert ended.request_counts.completed == 40
    answers = by_custom_id(in_front.lines(ended.output_file_id))
    assert (
        sorted(answers) == sorted(model_server.asked()) == sorted(f"request-{n}" for n in range(40))
    )
    assert ended.usage is not None
    with_usage = endpoint not in (
        *("/v1/moderations", "/v1/images/generations", "/v1/images/edits", "/v1/videos"),
    )
    assert ended.usage.input_tokens == (200 if with_usage else 0)
    if "embeddings" not in endpoint and with_usage:
        assert ended.usage.output_tokens == 80
        for custom_id, response in answers.items():
            assert f"An answer to {custom_id}" in str(response["body"])


def test_without_a_key_none_is_sent_and_with_one_it_is(
    start: Callable[..., LocalService],
    model_server: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("TINY_KEY", "open-sesame")
    without = start("--model-server", f"{model_server.url}/v1/", data=tmp_path / "without")
    without.until_ended(without.submit([named(1)]))
    with_key = start(
        *("--model-server", model_server.url, "--model-server-key-variable", "TINY_KEY"),
        data=tmp_path / "with",
    )
    with_key.until_ended(with_key.submit([named(2)]))

    asked = [note for note in model_server.notes() if note.startswith("asked")]

    assert asked == ["asked request-1 no key", "asked request-2 Bearer open-sesame"]


@pytest.mark.parametrize(
    ("faults", "asked"),
    [
        (["500", "502"], 3),
        (["503", "429:0.1", "429"], 4),
        (["close", "close"], 3),
        (["half"], 2),
        (["garbage"], 2),
        (["html", "nan"], 3),
        (["hang"], 2),
        (["500", "500", "500"], 4),
        (["pretty"], 1),
        (["chunked"], 1),
    ],
)
def test_what_passes_is_tried_again_and_stored_once(
    in_front: LocalService, model_server: ModelServer, faults: list[str], asked: int
) -> None:
    batch = in_front.submit([named(0, faults=faults), *(named(n) for n in range(1, 20))])

    ended = in_front.until_ended(batch)

    assert (ended.status, ended.error_file_id) == ("completed", None)
    lines = in_front.lines(ended.output_file_id)
    assert sorted(line["custom_id"] for line in lines) == sorted(f"request-{n}" for n in range(20))
    assert "An answer to request-0" in str(by_custom_id(lines)["request-0"]["body"])
    # A server that hangs up on a connection it kept open is asked once more at once.
    extra = faults.count("close") + faults.count("garbage")
    assert asked <= model_server.asked().count("request-0") <= asked + extra


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"faults": ["400"]}, 400, {"message": "Said 400.", "type": "some"}),
        ({"faults": ["500"] * 4}, 500, {"message": "Said 500."}),
        ({"faults": ["hang"] * 2}, 408, {"code": "request_timeout"}),
        ({"faults": ["html"] * 4}, 502, {"code": "model_server_unreadable"}),
        ({"faults": ["bare"]}, 404, {"message": "No such model.", "code": None}),
        ({"faults": ["plain"]}, 404, {"message": "Not here."}),
        ({"faults": ["429"], "code": "insufficient_quota"}, 429, {"code": "insufficient_quota"}),
    ],
)
def test_what_stays_wrong_is_in_the_error_file_in_openais_shape(
    in_front: LocalService,
    matches: Callable[[str, object], None],
    body: dict[str, Any],
    status: int,
    error: dict[str, Any],
) -> None:
    ended = in_front.until_ended(in_front.submit([named(0, **body), named(1)]))

    assert ended.request_counts is not None
    assert ended.request_counts.to_dict() == {"total": 2, "completed": 1, "failed": 1}
    [line] = in_front.lines(ended.error_file_id)
    matches("BatchRequestOutput", line)
    assert line["error"] is None
    assert line["response"]["status_code"] == status
    matches("ErrorResponse", line["response"]["body"])
    said = line["response"]["body"]["error"]
    assert {key: said[key] for key in error} == error


def test_an_answer_is_kept_as_the_server_wrote_it(in_front: LocalService) -> None:
    ended = in_front.until_ended(in_front.submit([named(0, faults=["pretty"])]))

    assert ended.output_file_id is not None
    content = in_front.openai.files.content(ended.output_file_id).content
    assert content.count(b"\n") == 1
    assert b'"choices":[{"index":0,' in content


def test_a_server_that_is_away_is_waited_for(
    start: Callable[..., LocalService], tmp_path: Path
) -> None:
    with ModelServer(tmp_path) as gone:
        pass
    service = start("--model-server", gone.url)
    batch = service.submit(map(named, range(30)))
    service.until_logged("can't be asked")

    with gone:
        ended = service.until_ended(batch)
        assert gone.asked().count("request-0") == 1

    assert ended.status == "completed"
    assert len(service.lines(ended.output_file_id)) == 30


def test_a_server_that_refuses_what_is_too_much_gets_less_at_once(
    start: Callable[..., LocalService], tmp_path: Path
) -> None:
    with ModelServer(tmp_path, "--slots", "3", "--latency", "0.02", "--refuses") as small:
        service = start("--model-server", small.url)
        ended = service.until_ended(service.submit(map(named, range(300))))
        refused = sum(note.startswith("refused") for note in small.notes())

    assert ended.request_counts is not None
    assert ended.request_counts.completed == 300
    assert 0 < refused < 300


def test_a_small_batch_does_not_wait_for_a_large_one(
    start: Callable[..., LocalService], tmp_path: Path
) -> None:
    with ModelServer(tmp_path, "--slots", "4", "--latency", "0.05") as slow:
        service = start("--model-server", slow.url)
        large = service.submit(map(named, range(2_000)))
        service.until(large, lambda now: _completed(now) > 0)

        small = service.until_ended(service.submit(named(n) for n in range(3_000, 3_010)))

    assert small.status == "completed"
    assert service.openai.batches.retrieve(large.id).status == "in_progress"


def test_a_cancelled_batch_keeps_what_was_under_way(
    start: Callable[..., LocalService], tmp_path: Path
) -> None:
    with ModelServer(tmp_path, "--slots", "4", "--latency", "0.3") as slow:
        service = start("--model-server", slow.url)
        batch = service.submit(map(named, range(200)))
        service.until(batch, lambda now: _completed(now) > 0)
        ended = service.until_ended(service.openai.batches.cancel(batch.id))
        answered = {note.split(" ")[1] for note in slow.notes() if note.startswith("answered")}

    assert ended.status == "cancelled"
    assert set(by_custom_id(service.lines(ended.output_file_id))) == answered
    rest = service.lines(ended.error_file_id)
    assert len(answered) + len(rest) == 200
    assert {line["error"]["code"] for line in rest} == {"batch_cancelled"}


def test_a_batch_whose_time_is_over_does_not_wait_for_the_server(
    start: Callable[..., LocalService], tmp_path: Path
) -> None:
    with ModelServer(tmp_path) as server:
        service = start("--model-server", server.url, "--window", "3")
        ended = service.until_ended(service.submit([named(0), named(1, faults=["hang"])]))

    assert ended.status == "expired"
    assert list(by_custom_id(service.lines(ended.output_file_id))) == ["request-0"]
    [line] = service.lines(ended.error_file_id)
    assert (line["custom_id"], line["error"]["code"]) == ("request-1", "batch_expired")


def test_who_asks_directly_gets_the_servers_answer_at_once(
    in_front: LocalService, model_server: ModelServer
) -> None:
    completion = in_front.openai.chat.completions.with_raw_response.create(
        model="tiny-1", messages=[], user="direct"
    )
    assert "An answer to direct" in completion.text
    assert [model.id for model in in_front.openai.models.list()] == ["tiny"]
    with pytest.raises(openai.RateLimitError):
        in_front.openai.chat.completions.create(
            model="tiny-1", messages=[], user="busy", extra_body={"faults": ["429"] * 9}
        )
    assert model_server.asked().count("busy") == 1


def test_a_scenario_in_real_metadata_is_somebodys_own(in_front: LocalService) -> None:
    ended = in_front.until_ended(in_front.submit([named(0)], scenario="the base line"))

    assert ended.metadata == {"scenario": "the base line"}
    assert ended.status == "completed"


KILLS = 20
LINES = 2_000


def test_killed_twenty_times_it_asks_for_no_stored_answer_again(
    start: Callable[..., LocalService], tmp_path: Path
) -> None:
    with ModelServer(tmp_path, "--slots", "8", "--latency", "0.05") as server:
        service = start("--model-server", server.url)
        batch = service.submit(map(named, range(LINES)))
        again: list[str] = []
        in_the_middle = 0
        for _ in range(KILLS):
            _until_completed(service, batch, len(_stored(service, batch.id)) + LINES // 50)
            service.kill()
            stored, asked_before = _stored(service, batch.id), len(server.asked())
            in_the_middle += 0 < len(stored) < LINES
            service = start("--model-server", server.url)
            _until_completed(service, batch, len(stored) + 1)
            again += [name for name in server.asked()[asked_before:] if name in stored]
        ended = service.until_ended(service.openai.batches.retrieve(batch.id))
        asked = server.asked()

    assert again == []
    assert in_the_middle > KILLS // 2
    assert ended.request_counts is not None
    assert ended.request_counts.to_dict() == {"total": LINES, "completed": LINES, "failed": 0}
    lines = service.lines(ended.output_file_id)
    assert sorted(line["custom_id"] for line in lines) == sorted(
        f"request-{n}" for n in range(LINES)
    )
    print(f"{len(asked):,} asked for {LINES:,} lines, {in_the_middle} kills in the middle")


def _stored(service: LocalService, batch_id: str) -> set[str]:
    """The requests whose answers are on disk, half a last line left out."""
    output = service.data / "batches" / batch_id / "output.jsonl"
    content = output.read_bytes() if output.exists() else b""
    return {line["custom_id"] for line in decoded(content[: content.rfind(b"\n") + 1])}


def _completed(batch: Batch) -> int:
    return batch.request_counts.completed if batch.request_counts else 0


def _until_completed(service: LocalService, batch: Batch, count: int) -> None:
    service.until(batch, lambda now: _completed(now) >= min(count, LINES))
