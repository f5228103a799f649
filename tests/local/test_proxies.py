"""A server that is not on this machine is asked through the proxy that everybody else asks."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.local.conftest import request_line
from tests.support.model_server import ModelServer
from tests.support.provider import KEY
from tests.support.proxy import HOST, Proxy, certified
from wellspring_tui.local.connections import Connections, ProxyError, Reply, UnreachableError
from wellspring_tui.local.provider import Provider
from wellspring_tui.local.proxies import proxy_for
from wellspring_tui.services.provider import Provider as ProviderOfFaces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from tests.local.conftest import LocalService

PASSWORD = "me:s3cret/@:x"
IN_A_URL = "me:s3cret%2F%40%3Ax"


@pytest.fixture(autouse=True)
def _no_proxies_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[ModelServer]:
    """`model.example` without TLS."""
    with ModelServer(tmp_path) as running:
        yield running


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """`model.example` with TLS, its certificate known to this machine."""
    shown, authority = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with ModelServer(tmp_path, "--tls", str(shown)) as running:
        yield running


def far(server: ModelServer, scheme: str = "http") -> str:
    """The address of a server as the proxy knows it."""
    return f"{scheme}://{HOST}:{server.url.rpartition(':')[2]}"


@asynccontextmanager
async def to(url: str) -> AsyncIterator[Connections]:
    connections = Connections(url, [(b"authorization", b"Bearer " + KEY.encode())])
    yield connections
    await connections.close()


async def ask(connections: Connections) -> Reply:
    body = b'{"model": "tiny-1", "user": "one"}'
    return await connections.ask("POST", "/v1/chat/completions", body)


async def test_tls_goes_through_a_tunnel_that_is_kept(
    secure: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = far(secure, "https")
    with Proxy(PASSWORD) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{IN_A_URL}@{proxy.address}")
        async with to(url) as connections:
            said = [await ask(connections) for _ in range(3)]
    assert [reply.status_code for reply in said] == [200] * 3
    assert b"An answer to one" in said[0].body
    assert proxy.asked == [f"CONNECT {url.removeprefix('https://')}"]
    assert secure.notes()[0] == f"asked one Bearer {KEY}"


async def test_the_name_in_the_tunnel_is_checked(
    secure: ModelServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The proxy may be anybody: what it leads to has to show its certificate."""
    nobody = tmp_path / "nobody.pem"
    nobody.write_bytes(b"")
    monkeypatch.setenv("SSL_CERT_FILE", str(nobody))
    with Proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        async with to(far(secure, "https")) as connections:
            with pytest.raises(UnreachableError, match=r"^TLS: unable to get local issuer"):
                await ask(connections)
    assert secure.asked() == []


async def test_without_tls_the_proxy_passes_requests_on(
    plain: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = far(plain)
    with Proxy(PASSWORD) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{IN_A_URL}@{proxy.address}/")
        async with to(url) as connections:
            said = [await ask(connections) for _ in range(2)]
    assert [reply.status_code for reply in said] == [200] * 2
    assert proxy.asked == [f"POST {url}/v1/chat/completions"] * 2
    assert plain.asked() == ["one"] * 2


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("password", "refuses_with", "given", "said"),
    [
        (
            PASSWORD,
            None,
            "",
            "wants a user and a password, as http://USER:PASSWORD@… in ALL_PROXY (407)",
        ),
        (
            PASSWORD,
            None,
            "me:wr0ng@",
            "refuses the user and password in ALL_PROXY (407)",
        ),
        (None, 403, "me:wr0ng@", "lets nothing through to it (403)"),
        (None, 502, "", "can't reach it (502)"),
    ],
)
async def test_a_proxy_that_refuses_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    password: str | None,
    refuses_with: int | None,
    given: str,
    said: str,
) -> None:
    with Proxy(password, refuses_with) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://{given}{proxy.address}")
        async with to(f"{scheme}://{HOST}:9") as connections:
            if scheme == "http" and refuses_with is not None:
                # Nothing tells it from what the server itself would say.
                assert (await ask(connections)).status_code == refuses_with
                return
            with pytest.raises(ProxyError) as refused:
                await ask(connections)
    assert str(refused.value) == f"the proxy {proxy.address} {said}"


async def test_a_proxy_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:s3cret@127.0.0.1:9")
    async with to(f"https://{HOST}") as connections:
        with pytest.raises(ProxyError) as away:
            await ask(connections)
    assert str(away.value) == "the proxy 127.0.0.1:9 can't be reached: Connection refused"


@pytest.mark.parametrize("said", [b"220 mail.example\r\n", b""])
async def test_what_is_no_proxy_is_named(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        address = "127.0.0.1:{1}".format(*server.sockets[0].getsockname())
        monkeypatch.setenv("HTTPS_PROXY", address)
        async with to(f"https://{HOST}") as connections:
            with pytest.raises(ProxyError) as refused:
                await ask(connections)
    assert str(refused.value) == f"the proxy {address} does not answer as one"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://me:s3cret@proxy:port", "HTTPS_PROXY does not hold the address of a proxy"),
        ("http://", "HTTPS_PROXY does not hold the address of a proxy"),
        (
            "socks5://me:s3cret@proxy:1080",
            "HTTPS_PROXY names a proxy of the kind socks5://, not http://",
        ),
    ],
)
async def test_an_address_that_is_none_is_said_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    async with to(f"https://{HOST}") as connections:
        with pytest.raises(ProxyError) as refused:
            await ask(connections)
    assert str(refused.value) == said


def test_the_variables_mean_what_they_mean_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def through(scheme: str, host: str, port: int = 443) -> str:
        return str(proxy_for(scheme, host, port))

    monkeypatch.setenv("ALL_PROXY", "all.corp:3128")
    assert through("https", HOST) == through("http", HOST) == "the proxy all.corp:3128"
    monkeypatch.setenv("HTTPS_PROXY", "https://me:s3cret@tls.corp")
    monkeypatch.setenv("HTTP_PROXY", "http://[fd00::1]:8080")
    assert through("https", HOST) == "the proxy tls.corp:443"
    assert through("http", HOST) == "the proxy [fd00::1]:8080"
    monkeypatch.setenv("https_proxy", "http://small.corp")
    assert through("https", HOST) == "the proxy small.corp:80"
    for own in ("127.0.0.1", "127.9.9.9", "::1", "localhost", "api.localhost"):
        assert proxy_for("https", own, 443) is None
    monkeypatch.setenv("NO_PROXY", f".corp, {HOST}:8443")
    assert proxy_for("https", "models.corp", 443) is None
    assert proxy_for("https", HOST, 8443) is None
    assert proxy_for("https", HOST, 443) is not None
    monkeypatch.setenv("NO_PROXY", "*")
    assert proxy_for("https", HOST, 443) is None


def test_both_sides_name_the_proxies_alike_and_say_nothing_of_them() -> None:
    environment = {"https_proxy": "http://me:s3cret@a\udce4", "NO_PROXY": "b", "PATH": "/"}
    here, there = Provider("https://a", KEY), ProviderOfFaces("https://a", KEY)
    assert here.proxies(environment) == there.proxies(environment)
    assert here.proxies(environment) == here.proxies({**environment, "PATH": "/bin"})
    assert here.proxies(environment) != here.proxies({**environment, "NO_PROXY": ""})
    assert "s3cret" not in here.proxies(environment)


def test_a_batch_waits_for_a_proxy_that_is_away(
    start: Callable[..., LocalService], secure: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(refuses_with=503) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{IN_A_URL}@{proxy.address}")
        service = start("--model-server", far(secure, "https"))
        batch = service.submit([request_line(1, user="one")])
        service.until_logged(
            f"{HOST} can't be asked (the proxy {proxy.address} can't reach it (503)): waiting"
        )
        proxy.refuses_with = None
        ended = service.until_ended(batch)
    assert (ended.status, secure.asked()) == ("completed", ["one"])
