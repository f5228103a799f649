"""The short API for new programs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pytest

import wellspring_tui
from tests.python.conftest import configure
from tests.support.files import EIGHT, jsonl, request, visual
from tests.support.scripted import Asked, Reply, ScriptedService, forward
from wellspring_tui import (
    CredentialsError,
    InputError,
    Job,
    JobNotFoundError,
    Progress,
    RequestOptions,
    StoppedError,
    Wellspring,
)


def test_a_new_program_goes_from_prompts_to_answers(prompts_path: Path, tmp_path: Path) -> None:
    prompts_path.write_bytes(visual(EIGHT))
    heard: list[tuple[str, int, int | None]] = []
    with Wellspring.open() as wellspring:
        assert wellspring.check(str(prompts_path)).prompts == 8
        job = wellspring.submit(prompts_path, name="Night run", tags=["handbook"])
        ended = wellspring.watch(job.id, Progress(lambda *step: heard.append(step)))
        assert isinstance(ended, Job)
        assert (ended.name, ended.all_answered) == ("Night run", True)
        assert ("completed", 8, 8) in heard
        answers = list(wellspring.answers(job.id))
        assert [(one.section, one.prompt_type, one.prompt) for one in answers] == [
            (section, kind, text)
            for section, kinds in EIGHT.items()
            for kind, text in kinds.items()
        ]
        assert all(one.state == "answered" and one.text and one.cost == 0 for one in answers)
        assert sum(one.usage.output_tokens for one in answers) == ended.output_tokens
        assert wellspring.jobs() == [ended]
        out = wellspring.export(job.id, tmp_path / "out.json")
        assert json.loads(out.read_bytes())["total_results"] == 8
        with pytest.raises(InputError, match="is over already"):
            wellspring.cancel(job.id)
        with pytest.raises(InputError):
            wellspring.retry(job.id)


def test_answers_tell_what_failed_and_what_is_missing(prompts_path: Path, home: Path) -> None:
    prompts_path.write_bytes(jsonl([request("good"), request("bad", max_tokens=-1)]))
    with Wellspring.open() as wellspring:
        job = wellspring.submit(prompts_path)
        waiting = list(wellspring.answers(job.id))
        assert [(one.state, one.text) for one in waiting] == [("missing", None)] * 2
        wellspring.watch(job.id)
        good, bad = wellspring.answers(job.id)
        assert (good.state, good.reason, good.cost) == ("answered", None, Decimal(0))
        assert (bad.state, bad.text) == ("failed", None)
        assert bad.reason
        with pytest.raises(JobNotFoundError):
            wellspring.answers("x7x7x7")


def test_requests_are_filed_under_the_headings_given(prompts_path: Path) -> None:
    prompts_path.write_bytes(jsonl(request(own_id) for own_id in ("A_b_1748305611", "q", "r")))
    filed = {"A_b_1748305611": ("Soil", "facts"), "q": ("Water", "map")}
    with Wellspring.open() as wellspring:
        job = wellspring.submit(prompts_path, RequestOptions(), filed=filed)
        wellspring.watch(job.id)
        assert [(one.section, one.prompt_type) for one in wellspring.answers(job.id)] == [
            ("Soil", "facts"),
            ("Water", "map"),
            ("Requests", "r"),
        ]


def test_another_thread_may_stop_a_watch(home: Path, prompts_path: Path) -> None:
    (home / "config.toml").write_text("pace = 600\n")
    stopping = Progress()

    def seen(job: Job) -> None:
        if job.status == "validating":
            threading.Thread(target=stopping.stopped.set).start()

    with Wellspring.open() as wellspring:
        job = wellspring.submit(prompts_path)
        with pytest.raises(StoppedError, match="stopped while watching"):
            wellspring.watch(job.id, stopping, seen=seen)
        assert wellspring.job(job.id).open
        wellspring.cancel(job.id)
        wellspring.tick()


def test_trouble_is_told_once_and_so_is_its_end(
    home: Path, service_url: str, prompts_path: Path
) -> None:
    def answering(asked: Asked) -> Reply | None:
        return None if len(line.asked) <= 3 else forward(asked, service_url)

    told: list[Exception | None] = []
    with ScriptedService(answering) as line:
        configure(home, line.base_url)
        with Wellspring.open() as wellspring:
            job = wellspring.submit(prompts_path)
            assert wellspring.watch(job.id, troubled=told.append).all_answered
    trouble, end = told
    assert "no connection" in str(trouble)
    assert end is None


def test_a_key_may_be_given_by_hand(prompts_path: Path) -> None:
    with Wellspring.open(service="openai") as wellspring, pytest.raises(CredentialsError):
        wellspring.submit(prompts_path)
    with Wellspring.open(service="openai", api_key="sk-by-hand-0815") as wellspring:
        assert wellspring.submit(prompts_path).service == "openai"
        assert wellspring.settings.service == "openai"


def test_the_package_is_typed_and_costs_nothing_to_import() -> None:
    folder = Path(wellspring_tui.__file__).parent
    assert (folder / "py.typed").is_file()
    script = "import sys, wellspring_tui; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    loaded = set(done.stdout.decode().split())
    assert {name for name in loaded if name.startswith("wellspring_tui")} == {"wellspring_tui"}
    assert not loaded & {"msgspec", "openai", "sqlite3", "textual", "pydantic"}


@pytest.mark.parametrize("name", wellspring_tui.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(wellspring_tui, name)
    assert name in dir(wellspring_tui)
    if name == "__version__":
        return
    assert found.__doc__
    methods = [one for own, one in vars(found).items() if callable(one) and own[0] != "_"]
    assert [one.__qualname__ for one in methods if not one.__doc__] == []


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Batch'"):
        getattr(wellspring_tui, "Batch")  # noqa: B009
