"""A program follows a job as it happens, and comes back after its line broke."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rest.conftest import Server


@dataclass(frozen=True, slots=True)
class Heard:
    """One event, as a browser's EventSource reads it."""

    kind: str
    id: str
    data: Any


def listen(server: Server, job_id: str, last_id: str = "") -> Iterator[Heard]:
    """Events until the server ends the stream."""
    headers = {"accept": "text/event-stream"} | ({"last-event-id": last_id} if last_id else {})
    with server.http.stream("GET", f"/batch/{job_id}/events", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        gathered = ""
        for text in stream.iter_text():
            gathered += text
            *whole, gathered = gathered.split("\n\n")
            yield from (heard for one in whole if (heard := read(one)) is not None)
        assert gathered == ""


def read(block: str) -> Heard | None:
    """A block of lines; None for a comment or a word about reconnecting."""
    fields = dict(line.split(": ", 1) for line in block.split("\n") if line[:1] != ":")
    if "event" not in fields:
        return None
    return Heard(fields["event"], fields.get("id", ""), json.loads(fields["data"]))


def test_a_job_is_followed_to_its_end(shared: Server) -> None:
    job_id = shared.job()

    heard = list(listen(shared, job_id))

    timeline = [one for one in heard if one.kind == "timeline"]
    assert [int(one.id) for one in timeline] == [one.data["id"] for one in timeline]
    whats = [one.data["what"] for one in timeline]
    assert whats == [event["what"] for event in shared.ended(job_id)["timeline"]]
    assert (whats[0], whats[-1]) == ("planned", "collected")
    assert (heard[-1].kind, heard[-1].data["answered"]) == ("end", 4)
    jobs = [one.data for one in heard if one.kind == "job"]
    assert all(before != after for before, after in pairwise(jobs))
    assert jobs[-1] == heard[-1].data


def test_who_comes_back_hears_only_what_was_missed(shared: Server) -> None:
    job_id = shared.job()
    shared.ended(job_id)
    everything = list(listen(shared, job_id))
    third = [one for one in everything if one.kind == "timeline"][2]

    again = list(listen(shared, job_id, third.id))

    assert [one for one in again if one.kind == "timeline"] == [
        one for one in everything if one.kind == "timeline" and int(one.id) > int(third.id)
    ]
    assert again[-1] == everything[-1]


def test_who_has_heard_all_is_told_not_to_come_back(shared: Server) -> None:
    job_id = shared.job()
    last = shared.ended(job_id)["timeline"][-1]["id"]
    answer = shared.http.get(f"/batch/{job_id}/events", headers={"last-event-id": str(last)})
    assert (answer.status_code, answer.content) == (204, b"")


def test_an_id_of_another_ledger_starts_anew(shared: Server) -> None:
    job_id = shared.job()
    shared.ended(job_id)
    for strange in ("99999", "soon", "-1", "1_0"):
        heard = next(listen(shared, job_id, strange))
        assert heard.data["what"] == "planned"


def test_a_quiet_job_is_heard_to_live(serve: Callable[..., Server]) -> None:
    server = serve(limits={"endpoints.events.HEARTBEAT_SECONDS": 0.2}, WELLSPRING_PACE="60")
    path = f"/batch/{server.job()}/events"
    with server.http.stream("GET", path) as stream:
        beats = (text for text in stream.iter_text() if ": still here\n\n" in text)
        assert len(list(islice(beats, 2))) == 2


def test_streams_end_with_the_server(serve: Callable[..., Server]) -> None:
    server = serve(WELLSPRING_PACE="60")
    with server.http.stream("GET", f"/batch/{server.job()}/events") as stream:
        coming = stream.iter_text()
        assert "retry:" in next(coming)
        server.process.terminate()
        rest = "".join(coming)
    assert "event: end" not in rest
    assert server.wait() == (0, server_words(server))


def server_words(server: Server) -> str:
    """All that a server says on stderr."""
    return (
        f"wellspring: serving {server.url}, described at {server.url}/docs; "
        f"prompts from {server.root}.\n"
    )
