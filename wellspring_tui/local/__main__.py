"""`python -m wellspring_tui.local --data DIR`: start the built-in service."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from filelock import FileLock, Timeout

from wellspring_tui.local import scenarios
from wellspring_tui.local.provider import KEY_VARIABLE, URL_VARIABLE, taken_from
from wellspring_tui.local.settings import (
    DEFAULT_PACE_SECONDS,
    DEFAULT_PORT,
    HOST,
    LINE_SECONDS,
    WINDOW_SECONDS,
    Settings,
)
from wellspring_tui.local.small_model import NoModelError, SmallModel, find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellspring_tui.local.provider import Provider

_CANT_START = 3
_NO_ANSWERER = 4
_SWITCH_SECONDS = 0.001
"""How soon a thread that answers HTTP gets its turn beside the one that answers requests."""


class _CannotStartError(Exception):
    """Said in one sentence on stderr."""


class _NoAnswererError(_CannotStartError):
    """Who is to answer can't be had: trying again is of no use."""


class _Announcement(msgspec.Struct):
    pid: int
    base_url: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the service; 0 after a clean stop, 1 after a defect, 3 when it can't start.

    4 when it can't because of who is to answer: then another try is of no use.
    """
    settings, given_model = _parse(arguments)
    os.umask(0o077)
    try:
        return _run(settings, given_model)
    except _CannotStartError as error:
        print(f"wellspring local: {error}", file=sys.stderr)
        return _NO_ANSWERER if isinstance(error, _NoAnswererError) else _CANT_START


def _parse(arguments: Sequence[str] | None) -> tuple[Settings, str | None]:
    parser = argparse.ArgumentParser(
        prog="python -m wellspring_tui.local",
        usage="%(prog)s --data DATA [options]",
        description="An OpenAI-compatible batch service on this machine. Answers are simulated, "
        "or come from a model server.",
        epilog=f"scenarios, several with commas between them:\n\n{scenarios.TABLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder it keeps its things in"
    )
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="0 takes a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--pace",
        type=_seconds,
        default=DEFAULT_PACE_SECONDS,
        metavar="SECONDS",
        help="about how long a batch takes; 0 is as fast as possible (default: %(default)g)",
    )
    parser.add_argument(
        "--window",
        type=_seconds,
        default=WINDOW_SECONDS,
        metavar="SECONDS",
        help="how long a batch may take before it expires (default: %(default)d)",
    )
    parser.add_argument(
        "--leased",
        action="store_true",
        help="end when nobody holds a lease and no batch is unfinished",
    )
    parser.add_argument(
        "--enqueued-tokens",
        type=_positive,
        metavar="N",
        help="how many prompt tokens a model's unfinished batches may have (default: no limit)",
    )
    parser.add_argument(
        "--creations-per-hour",
        type=_positive,
        metavar="N",
        help="how many batches may be created in any hour (default: no limit)",
    )
    parser.add_argument(
        "--scenario",
        type=_scenario,
        metavar="RULES",
        help="what goes wrong with batches whose metadata has no scenario; the rules are below",
    )
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--model",
        metavar="NAME",
        help="answers come from a small model on this machine: smollm2, or a .gguf file",
    )
    who.add_argument(
        "--model-server",
        type=_url,
        metavar="URL",
        help="answers come from this server, which speaks OpenAI's protocol; no pace is kept",
    )
    who.add_argument(
        "--provider",
        action="store_true",
        help=f"answers come, for money, from the provider whose base URL and key are in "
        f"{URL_VARIABLE} and {KEY_VARIABLE}; only who knows the key is served",
    )
    parser.add_argument(
        "--model-server-key-variable",
        metavar="NAME",
        help="the environment variable that holds the model server's key (default: no key)",
    )
    parser.add_argument(
        "--line-timeout",
        type=_seconds,
        default=LINE_SECONDS,
        metavar="SECONDS",
        help="how long the model server may take for one answer (default: %(default)g)",
    )
    given = parser.parse_args(arguments)
    if given.model_server_key_variable and not os.environ.get(given.model_server_key_variable):
        parser.error(f"the variable {given.model_server_key_variable} is not set")
    provider = taken_from(os.environ)
    if given.provider and provider is None:
        parser.error(f"--provider needs the variables {URL_VARIABLE} and {KEY_VARIABLE}")
    settings = Settings(
        data=given.data,
        port=given.port,
        # A real server answers as quickly as it can; only made-up answers need a pace.
        pace_seconds=0.0 if given.model_server or given.model or given.provider else given.pace,
        window_seconds=given.window,
        leased=given.leased,
        enqueued_tokens=given.enqueued_tokens,
        creations_per_hour=given.creations_per_hour,
        scenario=given.scenario,
        model_server=given.model_server,
        model_server_key=os.environ.get(given.model_server_key_variable or ""),
        line_seconds=given.line_timeout,
        provider=provider if given.provider else None,
        answerer=_answerer(given, provider),
    )
    return settings, given.model


def _answerer(given: argparse.Namespace, provider: Provider | None) -> str:
    if given.provider and provider is not None:
        # No more of the address: what else is in it may be a secret.
        return f"provider {urlsplit(provider.base_url).hostname}"
    if given.model:
        return f"model {given.model}"
    return f"model server {given.model_server}" if given.model_server else "simulated"


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError(text)
    return seconds


def _scenario(text: str) -> str:
    try:
        scenarios.parse(text)
    except scenarios.ScenarioError as error:
        raise argparse.ArgumentTypeError(f"{error} --help lists the rules.") from None
    return text


def _url(text: str) -> str:
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise argparse.ArgumentTypeError(f"expected http://… or https://…, found {text!r}")
    return text


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _run(settings: Settings, model: str | None) -> int:
    path = _model_file(model)
    _make_folders(settings)
    lock = FileLock(settings.lock, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _CannotStartError(_taken(settings)) from None
    try:
        settings.announcement.unlink(missing_ok=True)  # of a service that was killed
        _log_to(settings)
        listening = _listen(settings.port)
        if path is None:
            return asyncio.run(_serve(settings, listening))
        with SmallModel(path) as running:
            settings = replace(settings, model_server=running.url, model_name=running.name)
            return asyncio.run(_serve(settings, listening))
    except NoModelError as error:
        raise _NoAnswererError(str(error)) from None
    finally:
        lock.release()


def _model_file(name: str | None) -> Path | None:
    if name is None:
        return None
    try:
        return find(name)
    except NoModelError as error:
        raise _NoAnswererError(str(error)) from None


async def _serve(settings: Settings, listening: socket.socket) -> int:
    from wellspring_tui.local.server import Service

    return 0 if await Service(settings, listening).run_to_end() else 1


def _make_folders(settings: Settings) -> None:
    try:
        for folder in (settings.data, settings.files, settings.batches):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
    except OSError as error:
        raise _CannotStartError(f"{settings.data} can't be used: {error.strerror}.") from None


def _taken(settings: Settings) -> str:
    try:
        running = msgspec.json.decode(settings.announcement.read_bytes(), type=_Announcement)
    except (OSError, ValueError):
        return f"another one is just starting, or stopping, on {settings.data}."
    return f"process {running.pid} already runs on {settings.data}, at {running.base_url}."


def _log_to(settings: Settings) -> None:
    """Log to stderr; to a file when a face started the service, whose screen stderr would be."""
    log = logging.FileHandler(settings.log) if settings.leased else logging.StreamHandler()
    log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[log])
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    logging.getLogger("wellspring_tui.local").info("process %d, %s", os.getpid(), settings.data)


def _listen(port: int) -> socket.socket:
    """A socket bound on loopback."""
    # asyncio sends small answers without delay only on a socket that names its protocol.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere it would let two services share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listening.close()
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise _CannotStartError(
                f"port {port} is taken; choose another with --port, or 0 for a free one."
            ) from None
        raise _CannotStartError(f"port {port} can't be used: {error}.") from None
    return listening


if __name__ == "__main__":
    sys.setswitchinterval(_SWITCH_SECONDS)
    sys.exit(main())
