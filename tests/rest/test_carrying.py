"""The server carries every job on while it runs, whatever happens to one of them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.support.homes import until
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.rest.conftest import Server


def test_a_job_that_another_program_has_left_is_carried_on(
    serve: Callable[..., Server], prompts_path: Path, home: Path
) -> None:
    server = serve()
    with Wellspring(load_settings(home=home, service="local")) as door:
        job = door.submit(prompts_path, door.request_options())

    assert server.ended(job.id)["answered"] == 4


def test_a_defect_is_noted_and_outlived(serve: Callable[..., Server]) -> None:
    server = serve(WELLSPRING_PACE="1")
    job_id = server.job()
    index = server.home / "output" / job_id / "index.sqlite"
    good = shutil.copy(index, server.folder / "index")
    index.write_bytes(b"no index at all" * 1_000)

    until(lambda: server.get("/health")["status"] == "degraded", "the defect to show")

    (trouble,) = server.get("/health")["troubles"]
    assert trouble["service"] == "ledger"
    assert "DatabaseError in " in trouble["what"]
    assert "Traceback" not in server.log
    shutil.copy(good, index)
    assert server.ended(job_id)["answered"] == 4
    until(lambda: server.get("/health")["status"] == "ok", "the trouble to end")


def test_the_time_of_the_last_round_moves_on(server: Server) -> None:
    def last_round() -> str:
        return str(server.get("/health")["last_round_at"])

    until(lambda: last_round() != "None", "the first round")
    first = last_round()
    until(lambda: last_round() > first, "another round")
