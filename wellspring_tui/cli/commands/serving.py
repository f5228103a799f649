"""The REST API, and the dashboard in a browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import options
from wellspring_tui.cli.output import data, say
from wellspring_tui.errors import SettingsError

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.rest.server import Ready
    from wellspring_tui.settings import Settings

_PORT = 8000


@click.command(
    epilog=options.examples(
        "wellspring serve",
        "wellspring serve --dashboard            the dashboard in a browser, too",
        "wellspring serve --root ~/prompts --port 0 --json",
        "wellspring serve --host 0.0.0.0         wants a token with every request",
    )
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Where to listen. Beyond this machine a token is wanted.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    metavar="NUMBER",
    help=f"0 takes a free one.  [default: PORT, or {_PORT}]",
)
@click.option(
    "--root",
    "roots",
    multiple=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Read prompts files below DIR only; may be repeated.  [default: the current folder]",
)
@click.option(
    "--token",
    "want_token",
    is_flag=True,
    help="Want a token on this machine, too: WELLSPRING_TOKEN, or one made at the start.",
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="Answer to this name as well, such as that of a proxy; may be repeated.",
)
@click.option("--dashboard", is_flag=True, help="Serve the dashboard as a web page; wants a token.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when it is ready.")
@options.places
@options.pass_chosen
def serve(
    chosen: Chosen,
    *,
    host: str,
    port: int | None,
    roots: tuple[Path, ...],
    want_token: bool,
    allowed_hosts: tuple[str, ...],
    dashboard: bool,
    as_json: bool,
) -> None:
    """Serve the REST API on this machine, and carry the jobs on.

    It runs until Ctrl-C; jobs go on when it is started again, or in any other face.
    """
    settings = chosen.settings()
    from wellspring_tui.rest.server import ServeOptions, run

    given = ServeOptions(
        host=host,
        port=_port(settings) if port is None else port,
        roots=roots or (Path.cwd(),),
        allowed_hosts=allowed_hosts,
        want_token=want_token,
        dashboard_command=_dashboard_command(chosen) if dashboard else None,
    )
    run(settings, given, lambda ready: _tell(ready, as_json=as_json))


def _port(settings: Settings) -> int:
    text = settings.environment.get("PORT", "").strip()
    if not text:
        return _PORT
    if not (text.isascii() and text.isdigit() and int(text) <= 65_535):
        raise SettingsError("expected a port from 0 to 65535", where="PORT")
    return int(text)


def _dashboard_command(chosen: Chosen) -> list[str]:
    """This program's dashboard in the same home; `-P` keeps the current folder's modules out."""
    command = [sys.executable, "-P", "-m", "wellspring_tui"]
    if chosen.home is not None:
        command += ["--home", str(chosen.home)]
    return [*command, *(["--service", chosen.service] if chosen.service is not None else [])]


def _tell(ready: Ready, *, as_json: bool) -> None:
    folders = ", ".join(map(str, ready.roots))
    say(f"serving {ready.url}, described at {ready.url}/docs; prompts from {folders}.")
    if ready.token_path is not None:
        say(f"the token is in {ready.token_path}.")
    if ready.dashboard_url is not None:
        say(f"the dashboard, for one browser: {ready.dashboard_url}")
    if as_json:
        _print(ready)


def _print(ready: Ready) -> None:
    import msgspec

    told = {
        "url": ready.url,
        "docs_url": f"{ready.url}/docs",
        "dashboard_url": ready.dashboard_url,
        "token_file": None if ready.token_path is None else str(ready.token_path),
        "pid": os.getpid(),
    }
    data(msgspec.json.encode(told).decode())
