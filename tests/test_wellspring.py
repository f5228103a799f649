"""The one door: from a prompts file to its answers, and nothing left lying about."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.files import jsonl, request, visual
from tests.support.homes import carry, has_stopped, until
from wellspring_tui.errors import (
    CredentialsError,
    InputError,
    JobNotFoundError,
    PromptsFileError,
    SettingsError,
    StoppedError,
)
from wellspring_tui.jobs.model import JobsQuery
from wellspring_tui.progress import Progress
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.settings import Settings

KEY = "sk-a-key-that-must-stay-secret"


@pytest.fixture
def _open_umask() -> Iterator[None]:
    """A user whose files everybody may read, unless told otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_the_sample_file_is_answered_without_a_key(wellspring: Wellspring, home: Path) -> None:
    job = wellspring.submit(Wellspring.sample(), wellspring.request_options())
    ended = carry(wellspring, job.id)
    assert (ended.requests, ended.completed, ended.failed, ended.missing) == (9, 9, 0, 0)
    assert (ended.status, ended.name, ended.cost) == ("completed", "garden-handbook", Decimal(0))
    results = wellspring.results(job.id)
    whole = results.as_dict(wellspring.about(ended))
    results.index.close()
    assert whole["total_results"] == 9
    assert {name: len(types) for name, types in whole["results_by_section"].items()} == {
        "Finding the Ground": 3,
        "A Year of Planting": 3,
        "People and Money": 3,
    }
    answer = whole["results_by_section"]["People and Money"]["facts_prompt"]
    assert answer["response"]
    assert answer["usage"]["total_tokens"] > 0
    assert answer["model"] == "gpt-4o-mini-2024-07-18"
    assert whole["job_id"] == job.id
    assert wellspring.detail(whole["batch_ids"][0]).job == ended
    wellspring.close()
    until(lambda: has_stopped(home), "the built-in service to stop by itself")


@pytest.mark.usefixtures("_open_umask")
def test_a_home_is_for_its_owner_alone_and_holds_no_key(
    settings: Settings, home: Path, prompts_path: Path
) -> None:
    open_ai = replace(settings, environment={"OPENAI_API_KEY": KEY})
    with Wellspring(open_ai) as wellspring:
        wellspring.submit(prompts_path, RequestOptions(), service="openai")
        wellspring.cancel(wellspring.jobs()[0].id)
        job = wellspring.submit(prompts_path, RequestOptions())
        until(lambda: wellspring.tick() is not None and wellspring.job(job.id).collected, "answers")
        wellspring.export(job.id, home / "results.json")
        wellspring.estimate(wellspring.check(prompts_path, RequestOptions()))
        found = list(home.rglob("*"))
        assert {path.name for path in found} >= {
            *("ledger.sqlite", "ledger.sqlite-wal", "index.sqlite", "service.json"),
            *("part-001.jsonl", "part-001.output.jsonl", "results.json"),
        }
        exported = home / "results.json"
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in found if path != exported}
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
        assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
        assert not any(KEY.encode() in path.read_bytes() for path in found if path.is_file())


def nothing_left(wellspring: Wellspring) -> bool:
    """Whether neither a job nor a file of one is there."""
    places = wellspring.settings.places
    folders = (places.data / "input", places.data / "output")
    left = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    return left == [] and wellspring.jobs() == []


@pytest.mark.parametrize(
    "content",
    [
        b"not JSON",
        visual({"A": {"x": 1}}),
        visual({"A": {"x": " "}}),
        visual()[:-5],
        jsonl([request("a"), request("a")]),
        jsonl([request("a"), b"oops"]),
    ],
)
def test_a_file_with_problems_leaves_nothing_behind(
    wellspring: Wellspring, prompts_path: Path, content: bytes
) -> None:
    prompts_path.write_bytes(content)
    with pytest.raises(PromptsFileError):
        wellspring.submit(prompts_path, RequestOptions())
    assert nothing_left(wellspring)


def test_a_submission_that_is_stopped_leaves_nothing_behind(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    stopped = Progress()
    stopped.stopped.set()
    with pytest.raises(StoppedError, match="stopped while reading prompts"):
        wellspring.submit(prompts_path, RequestOptions(), progress=stopped)
    assert nothing_left(wellspring)


def test_without_a_key_nothing_is_begun(settings: Settings, prompts_path: Path) -> None:
    with Wellspring(settings) as wellspring:
        with pytest.raises(CredentialsError, match="Set OPENAI_API_KEY"):
            wellspring.submit(prompts_path, RequestOptions(), service="openai")
        with pytest.raises(SettingsError, match="no service “nobody”"):
            wellspring.submit(prompts_path, RequestOptions(), service="nobody")
        assert nothing_left(wellspring)


def test_checking_a_file_writes_and_sends_nothing(
    wellspring: Wellspring, home: Path, prompts_path: Path
) -> None:
    before = sorted(home.rglob("*"))
    heard: list[tuple[str, int, int | None]] = []
    found = wellspring.check(
        prompts_path, RequestOptions(), Progress(lambda *step: heard.append(step))
    )
    assert found.prompts == 4
    assert heard == [("Reading prompts", 0, None)]
    assert sorted(home.rglob("*")) == before


def test_an_estimate_is_half_price_in_a_batch_and_unknown_for_unknown_models(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    options = RequestOptions(max_tokens=1_000)
    known = wellspring.estimate(wellspring.check(prompts_path, options), "openai")
    assert known.output_limit == 4_000
    assert known.batch is not None
    assert known.real_time == known.batch * 2
    expected = known.input_tokens * Decimal("0.000000075") + 4_000 * Decimal("0.0000003")
    assert known.batch == expected
    assert not known.free
    assert wellspring.estimate(wellspring.check(prompts_path, options)).free

    foreign = replace(options, model="my-own-model")
    unknown = wellspring.estimate(wellspring.check(prompts_path, foreign))
    assert (unknown.batch, unknown.real_time) == (None, None)
    unlimited = wellspring.check(prompts_path, replace(options, max_tokens=None))
    assert wellspring.estimate(unlimited).batch is None


def test_a_job_of_several_models_tells_the_most_used(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    lines = [request("a", model="gpt-4.1"), request("b"), request("c")]
    prompts_path.write_bytes(jsonl(lines))
    job = wellspring.submit(prompts_path, RequestOptions(), name="mixed", description="two")
    assert (job.model, job.parts, job.name, job.description) == (
        *("gpt-4o-mini +1", 2),
        *("mixed", "two"),
    )
    estimate = wellspring.estimate(wellspring.check(prompts_path, RequestOptions()))
    assert estimate.batch is None  # no limit is set for their output


def test_options_given_beat_options_set_beat_the_defaults(settings: Settings) -> None:
    chosen = replace(settings, request_defaults={"model": "gpt-4.1", "max_tokens": 7})
    with Wellspring(chosen) as wellspring:
        assert wellspring.request_options(max_tokens=9, system=None) == RequestOptions(
            model="gpt-4.1", max_tokens=9
        )
        assert wellspring.request_options() == RequestOptions(model="gpt-4.1", max_tokens=7)


def test_jobs_are_listed_and_found(wellspring: Wellspring, prompts_path: Path) -> None:
    ids = [
        wellspring.submit(prompts_path, RequestOptions(), name=name).id for name in ("one", "two")
    ]
    assert {job.id for job in wellspring.jobs()} == set(ids)
    assert [job.name for job in wellspring.jobs(JobsQuery("two"))] == ["two"]
    assert len(set(ids)) == 2
    with pytest.raises(JobNotFoundError):
        wellspring.job("nobody")
    with pytest.raises(JobNotFoundError):
        wellspring.cancel("nobody")
    with pytest.raises(JobNotFoundError):
        wellspring.results("nobody")


def test_the_built_in_service_is_looked_at_more_often(
    settings: Settings, prompts_path: Path
) -> None:
    with Wellspring(replace(settings, environment={"OPENAI_API_KEY": KEY})) as wellspring:
        wellspring.submit(prompts_path, RequestOptions())
        assert wellspring.check_interval_seconds() == 2
        wellspring.submit(prompts_path, RequestOptions(), service="openai")
        assert wellspring.check_interval_seconds() == 2
        assert wellspring.check_interval_seconds("openai") == 60


def test_results_are_exported_whole_or_not_at_all(
    wellspring: Wellspring, prompts_path: Path, tmp_path: Path
) -> None:
    job = wellspring.submit(prompts_path, RequestOptions())
    wanted = tmp_path / "results.json"
    wanted.write_bytes(b"mine")
    stopped = Progress()
    stopped.stopped.set()
    with pytest.raises(StoppedError):
        wellspring.export(job.id, wanted, "json", stopped, replace=True)
    with pytest.raises(InputError, match="the file exists"):
        wellspring.export(job.id, wanted)
    assert wanted.read_bytes() == b"mine"
    assert wellspring.export(job.id, wanted, replace=True) == wanted
    assert b'"missing": 4' in wanted.read_bytes()
    with pytest.raises(InputError, match="nothing can be written there"):
        wellspring.export(job.id, tmp_path / "nowhere" / "results.json")
    assert list(tmp_path.glob(".wellspring-*")) == []


def test_a_home_can_be_opened_again(settings: Settings, home: Path, prompts_path: Path) -> None:
    with Wellspring(settings) as wellspring:
        job = wellspring.submit(prompts_path, RequestOptions())
    with Wellspring(load_settings(home=home, service="local")) as wellspring:
        assert wellspring.job(job.id) == job
