"""The service says that a batch has ended; a stranger says so, too."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.rest.conftest import Server, problem
from tests.support.homes import until
from tests.support.scripted import ScriptedService
from tests.support.small_service import SmallService
from wellspring_tui.errors import SettingsError
from wellspring_tui.rest.webhooks import TOLERANCE_SECONDS, Seal, secret_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

KEY = b"only the service and we know it"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
NOW = 1_800_000_000


def signed(body: bytes, own_id: str = "wh_1", at: float | None = None, key: bytes = KEY) -> Any:
    """Headers as OpenAI sends them."""
    moment = str(int(time.time() if at is None else at))
    content = f"{own_id}.{moment}.".encode() + body
    mark = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "content-type": "application/json",
        "webhook-id": own_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{mark}",
    }


def event(batch_id: str, kind: str = "batch.completed") -> bytes:
    """The body of a webhook."""
    made = {"id": "evt_1", "object": "event", "created_at": NOW, "type": kind}
    return json.dumps({**made, "data": {"id": batch_id}}).encode()


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server that wants a token and takes webhooks."""
    server = Server(
        tmp_path_factory.mktemp("hearing"),
        "--token",
        limits={},
        OPENAI_WEBHOOK_SECRET=SECRET,
        WELLSPRING_PACE="1",
    )
    yield server
    server.stop()


def send(server: Server, body: bytes, headers: dict[str, str]) -> httpx2.Response:
    """Post a webhook, without a token."""
    return server.http.post("/webhooks/openai", content=body, headers=headers)


# -- the seal ------------------------------------------------------------------------------


def test_what_openai_s_own_package_takes_is_taken() -> None:
    body = event("batch_1")
    headers = signed(body)
    client = openai.OpenAI(api_key="none", webhook_secret=SECRET)
    client.webhooks.verify_signature(body.decode(), headers)
    assert Seal(secret_bytes(SECRET)).holds(headers, body)


def test_one_of_several_signatures_is_enough() -> None:
    headers = signed(b"{}", at=NOW)
    headers["webhook-signature"] = f"v1a,abc v1,AAAA {headers['webhook-signature']}"
    assert Seal(KEY, lambda: NOW).holds(headers, b"{}")


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "wh_2"},
        {"webhook-id": ""},
        {"webhook-id": "x" * 201},
        {"webhook-timestamp": str(NOW + 1)},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "١٨"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,\xff"},
        {"webhook-signature": "v1"},
    ],
    ids=str,
)
def test_a_seal_that_was_touched_does_not_hold(change: dict[str, str]) -> None:
    assert not Seal(KEY, lambda: NOW).holds(signed(b"{}", at=NOW) | change, b"{}")


def test_another_body_or_another_key_does_not_hold() -> None:
    seal = Seal(KEY, lambda: NOW)
    assert not seal.holds(signed(b"{}", at=NOW), b"{ }")
    assert not seal.holds(signed(b"{}", at=NOW, key=b"another"), b"{}")
    assert not seal.holds({}, b"{}")


def test_a_webhook_holds_for_five_minutes_before_and_after() -> None:
    for late, holds in ((-301, False), (-300, True), (300, True), (301, False)):
        seal = Seal(KEY, lambda late=late: NOW + late)  # type: ignore[misc]
        assert seal.holds(signed(b"{}", at=NOW), b"{}") is holds


def test_a_webhook_is_new_once_and_forgotten_when_it_is_too_old_to_hold() -> None:
    now = float(NOW)
    seal = Seal(KEY, lambda: now)
    assert seal.is_new("wh_1")
    assert not seal.is_new("wh_1")
    now += 2 * TOLERANCE_SECONDS
    assert not seal.is_new("wh_1")
    now += 1
    assert seal.is_new("wh_1")


@pytest.mark.parametrize("secret", ["whsec_", "whsec_ä", "whsec_a", "!"])
def test_a_secret_that_is_none_is_told_without_it(secret: str) -> None:
    with pytest.raises(SettingsError) as told:
        secret_bytes(secret)
    assert str(told.value).startswith("OPENAI_WEBHOOK_SECRET: expected whsec_ and base64.")


# -- the running server ----------------------------------------------------------------------


def test_a_batch_that_has_ended_is_fetched_at_once(serve: Callable[..., Server]) -> None:
    """The service would not be asked again for an hour."""
    small = SmallService()
    with ScriptedService(small) as service:
        server = serve(
            OPENAI_API_KEY="sk-not-a-key",
            OPENAI_BASE_URL=service.base_url,
            OPENAI_WEBHOOK_SECRET=SECRET,
            BATCH_CHECK_INTERVAL="3600",
        )
        job_id = server.job(service="openai")
        until(lambda: bool(small.batches), "the batch to be created")
        (batch,) = small.batches
        while batch["status"] != "completed":
            small.advance()
        assert server.get(f"/batch/{job_id}/status")["collected"] is False

        body = event(str(batch["id"]))
        refused = send(server, body, signed(body, key=b"guess"))
        heard = send(server, body, signed(body))

        problem(refused, 401, "signature")
        assert heard.json() == {"status": "refreshing", "job_id": job_id}
        assert server.ended(job_id)["answered"] == 4
        server.stop()


def test_a_webhook_that_comes_twice_is_heard_once(hearing: Server) -> None:
    hearing.http.headers["authorization"] = f"Bearer {hearing.token}"
    job_id = hearing.job()

    def batch() -> str | None:
        (part,) = hearing.get(f"/batch/{job_id}/status")["parts"]
        found: str | None = part["batch_id"]
        return found

    until(lambda: batch() is not None, "the batch to be created")
    body = event(str(batch()))
    del hearing.http.headers["authorization"]

    heard = send(hearing, body, signed(body, "wh_end"))

    assert heard.json() == {"status": "refreshing", "job_id": job_id}
    again = send(hearing, body, signed(body, "wh_end"))
    assert (again.status_code, again.json()["status"]) == (200, "seen before")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (event("batch_of_somebody"), "not ours"),
        (event("batch_x", "response.completed"), "ignored"),
        (b"[]", "ignored"),
        (b'{"type": 7}', "ignored"),
        (b"\xff", "ignored"),
        (b"{", "ignored"),
    ],
)
def test_what_is_signed_but_of_no_use_is_taken_all_the_same(
    hearing: Server, body: bytes, status: str
) -> None:
    own_id = f"wh_{hashlib.sha256(body).hexdigest()}"
    answer = send(hearing, body, signed(body, own_id))
    assert (answer.status_code, answer.json()["status"]) == (200, status)


def test_an_unsigned_webhook_is_refused(hearing: Server) -> None:
    body = event("batch_1")
    bare = {"content-type": "application/json"}
    problem(send(hearing, body, bare), 401, "signature")
    problem(send(hearing, body, signed(body, key=b"guess")), 401, "signature")
    problem(send(hearing, body + b" ", signed(body)), 401, "signature")
    problem(send(hearing, body, signed(body, at=time.time() - 600)), 401, "signature")
    assert SECRET not in hearing.log


def test_without_a_secret_there_are_no_webhooks(shared: Server) -> None:
    body = event("batch_1")
    told = problem(send(shared, body, signed(body)), 404, "no-webhooks")
    assert "OPENAI_WEBHOOK_SECRET" in told["todo"]
