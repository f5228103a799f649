"""Batches made elsewhere are offered, and never taken unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.files import CHAT, jsonl, request
from tests.support.homes import carry, sent_to
from tests.support.jobs import batch, job, part
from tests.support.scripted import Asked, Reply, ScriptedService, json_reply
from tests.support.small_service import SmallService
from wellspring_tui.errors import InputError, NetworkError, SettingsError, StoppedError
from wellspring_tui.jobs.model import Offer, Step
from wellspring_tui.jobs.setbacks import Setback
from wellspring_tui.progress import Progress
from wellspring_tui.services.model import Counts
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.jobs.conftest import Clock
    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.services.client import Service
    from wellspring_tui.services.model import Batch
    from wellspring_tui.settings import Settings


@pytest.fixture
def theirs() -> SmallService:
    """A service that others use too."""
    return SmallService()


@pytest.fixture
def line(theirs: SmallService) -> Iterator[ScriptedService]:
    """The way to it."""
    with ScriptedService(theirs) as listening:
        yield listening


@pytest.fixture
def door(settings: Settings, line: ScriptedService) -> Iterator[Wellspring]:
    """Wellspring, with that service."""
    with Wellspring(sent_to(settings, line.base_url)) as opened:
        yield opened


def put(theirs: SmallService, **others: Any) -> str:
    """A batch of another program's; its id."""
    made = {"input_file_id": "file-theirs", "endpoint": CHAT, "completion_window": "24h"}
    reply = theirs(Asked("POST", "/v1/batches", {}, json_reply({**made, **others}).body))
    assert reply is not None
    return str(theirs.batches[0]["id"])


def ids(offers: list[Offer]) -> list[str]:
    """Of their batches."""
    return [offer.batch_id for offer in offers]


def listings(line: ScriptedService) -> int:
    """How often the service was asked for its batches."""
    return sum((asked.method, asked.path) == ("GET", "/batches") for asked in line.asked)


def test_looking_lists_what_belongs_to_no_job_newest_first(
    door: Wellspring, theirs: SmallService, prompts_path: Path
) -> None:
    first = put(theirs, metadata={"description": "Night \x1b[31mrun", "other": "x"})
    door.submit(prompts_path, door.request_options())
    door.tick()
    second = put(theirs, metadata=None)
    theirs.advance()

    offers = door.look_for_batches()

    assert ids(offers) == [second, first]
    named = offers[1]
    assert (named.name, named.service, named.endpoint) == ("Night \x1b[31mrun", "local", CHAT)
    assert named.created_at is not None
    assert (offers[0].name, offers[0].completed, offers[0].failed) == (None, 0, 0)
    assert door.offers() == offers
    assert len(door.jobs()) == 1


def test_a_round_offers_what_it_passes_without_asking_more(
    door: Wellspring, theirs: SmallService, line: ScriptedService, prompts_path: Path
) -> None:
    older = put(theirs)
    job = door.submit(prompts_path, door.request_options())
    door.tick()
    newer = put(theirs)
    assert door.offers() == []
    asked = listings(line)

    door.tick()

    assert listings(line) == asked + 1
    # The listing is read back to the job's own batch, and no further.
    assert ids(door.offers()) == [newer]
    assert older not in ids(door.offers())
    assert [one.id for one in door.jobs()] == [job.id]


def test_an_offer_is_brought_up_to_date(door: Wellspring, theirs: SmallService) -> None:
    put(theirs)
    (offer,) = door.look_for_batches()
    assert offer.status == "validating"
    theirs.batches[0].update(
        status="in_progress", request_counts={"total": 9, "completed": 4, "failed": 1}
    )
    (offer,) = door.look_for_batches()
    assert (offer.status, offer.requests, offer.completed, offer.failed) == ("in_progress", 9, 4, 1)
    assert door.offers() == [offer]


def test_what_is_declined_is_not_offered_again(door: Wellspring, theirs: SmallService) -> None:
    one, two = put(theirs), put(theirs)
    door.look_for_batches()
    door.decline_offers([one, "batch_nobody_has"])
    assert ids(door.offers()) == [two]
    theirs.batches[1]["status"] = "in_progress"
    assert ids(door.look_for_batches()) == [two]


def test_what_is_gone_from_the_service_is_not_offered(
    door: Wellspring, theirs: SmallService
) -> None:
    one, two = put(theirs), put(theirs)
    door.look_for_batches()
    theirs.batches = [raw for raw in theirs.batches if raw["id"] != one]
    assert ids(door.look_for_batches()) == [two]


def test_the_batches_of_a_job_are_never_offered_while_it_runs_or_after(
    door: Wellspring, theirs: SmallService, prompts_path: Path
) -> None:
    job = door.submit(prompts_path, door.request_options())
    door.tick()
    assert door.look_for_batches() == []
    for _ in range(3):
        theirs.advance()
        door.tick()
    carry(door, job.id)
    assert door.look_for_batches() == []


@pytest.mark.parametrize("keeps_metadata", [True, False])
def test_a_batch_that_a_part_does_not_know_yet_is_not_offered(
    settings: Settings, theirs: SmallService, prompts_path: Path, keeps_metadata: bool
) -> None:
    """The answer to its creation was lost; some services lose the metadata too."""

    def deaf(asked: Asked) -> Reply | None:
        reply = theirs(asked)
        if (asked.method, asked.path) != ("POST", "/batches"):
            return reply
        if not keeps_metadata:
            theirs.batches[0]["metadata"] = None
        return None

    with ScriptedService(deaf) as line, Wellspring(sent_to(settings, line.base_url)) as door:
        door.submit(prompts_path, door.request_options())
        assert isinstance(door.tick().failures["local"], NetworkError)
        assert len(theirs.batches) == 1
        assert door.look_for_batches() == []


def test_a_batch_that_was_given_up_is_not_offered(timed: Ledger, clock: Clock) -> None:
    timed.add_job(job("bcdfgh"), [part("bcdfgh")])
    timed.steps.observe(timed.parts("bcdfgh")[0], batch("batch_1", "failed"))
    (one,) = timed.parts("bcdfgh")
    timed.steps.set_back(one, Setback("room", 1), token="another", until=clock.now)
    timed.offers.note("local", [batch("batch_1", "failed"), batch("batch_2")])
    assert ids(timed.offers.current()) == ["batch_2"]


def test_an_offer_ends_when_a_part_turns_out_to_have_the_batch(ledger: Ledger) -> None:
    ledger.add_job(job("bcdfgh"), [part("bcdfgh")])
    ledger.offers.note("local", [batch("batch_1", input_file_id="unknown")])
    assert ids(ledger.offers.current()) == ["batch_1"]
    ledger.steps.to_step(ledger.parts("bcdfgh")[0], Step.CREATING)
    ledger.steps.observe(ledger.parts("bcdfgh")[0], batch("batch_1"))
    assert ledger.offers.current() == []


def test_a_service_may_leave_out_what_an_offer_would_tell(ledger: Ledger) -> None:
    bare = batch("batch_1", "queued_somewhere", counts=None, created_at=None, endpoint=None)
    ledger.offers.note("acme", [bare, batch("batch_2", counts=Counts(3, 1, 1))])
    with_time, without = ledger.offers.current("acme")
    assert with_time.batch_id == "batch_2"
    assert without == Offer("acme", "batch_1", "queued_somewhere", None, 0, 0, 0, None, None)
    assert ledger.offers.current("local") == []


def test_adopting_a_batch_ends_its_offer(
    wellspring: Wellspring, remote: Service, tmp_path: Path
) -> None:
    one, two = (made_elsewhere(remote, tmp_path, name) for name in ("one", "two"))
    offered = {offer.batch_id: offer.name for offer in wellspring.look_for_batches()}
    assert {one.id: "one", two.id: "two"}.items() <= offered.items()

    (adopted,) = wellspring.adopt([one.id])

    assert adopted.name == "one"
    left = ids(wellspring.offers())
    assert one.id not in left
    assert two.id in left
    carry(wellspring, adopted.id)
    assert one.id not in ids(wellspring.look_for_batches())
    with pytest.raises(InputError, match="belongs to the job"):
        wellspring.adopt([one.id])


def test_a_declined_batch_can_still_be_adopted(
    wellspring: Wellspring, remote: Service, tmp_path: Path
) -> None:
    one = made_elsewhere(remote, tmp_path, "one")
    wellspring.look_for_batches()
    wellspring.decline_offers([one.id])
    (adopted,) = wellspring.adopt([one.id])
    assert carry(wellspring, adopted.id).all_answered


def test_a_long_look_can_be_stopped(door: Wellspring, theirs: SmallService) -> None:
    for _ in range(3):
        put(theirs)

    def report(_what: str, done: int, _total: int | None) -> None:
        if done == 2:
            progress.stopped.set()

    progress = Progress(report)
    with pytest.raises(StoppedError, match="looking through the batches of local"):
        door.look_for_batches(progress=progress)


def test_a_service_nobody_set_up_is_not_looked_at(wellspring: Wellspring) -> None:
    with pytest.raises(SettingsError, match="no service “nobody”"):
        wellspring.look_for_batches("nobody")


def made_elsewhere(remote: Service, tmp_path: Path, name: str) -> Batch:
    """A batch of another program's on the built-in service."""
    path = tmp_path / f"{name}.jsonl"
    path.write_bytes(jsonl([request(name)]))
    uploaded = remote.upload(path, path.name, lambda _done, _total: None)
    return remote.create(uploaded.id, CHAT, "24h", {"name": name})
