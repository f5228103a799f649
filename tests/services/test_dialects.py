"""A whole job on each known service, as that one speaks the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import dialects
from tests.support.files import jsonl, request
from tests.support.homes import carry, stop_builtin, until
from tests.support.model_server import ModelServer
from tests.support.scripted import ScriptedService
from wellspring_tui.errors import CredentialsError, InputError
from wellspring_tui.services.builtin import BuiltinService
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from wellspring_tui.jobs.model import Job

_KEY = "sk-dialect-0123456789"
_VARIABLES = {"azure": "AZURE_OPENAI_API_KEY"}
_ALL = {
    "azure": dialects.Azure,
    "groq": dialects.Groq,
    "together": dialects.Together,
    "dashscope": dialects.DashScope,
    "siliconflow": dialects.SiliconFlow,
    "litellm": dialects.LiteLlm,
    "ogx": dialects.Ogx,
}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The built-in service that all dialects stand in front of."""
    home = tmp_path_factory.mktemp("upstream")
    builtin = BuiltinService(home / "local", pace_seconds=0.0)
    yield builtin.base_url()
    builtin.release()
    stop_builtin(home)


@pytest.fixture
def speaking(
    upstream: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], tuple[Wellspring, dialects.Dialect]]]:
    """Wellspring at a service of that name which speaks as that one does."""
    monkeypatch.chdir(tmp_path)
    opened: list[AbstractContextManager[object]] = []

    def speaking(name: str) -> tuple[Wellspring, dialects.Dialect]:
        spoken = _ALL[name](upstream)
        service = ScriptedService(spoken)
        service.__enter__()
        opened.append(service)
        root = service.base_url.removesuffix("/v1")
        home.mkdir(exist_ok=True)
        table = [f"[services.{name}]", "backoff_seconds = 0.02", "settle_seconds = 0.1"]
        if name == "azure":
            monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{root}/")
        else:
            table.append(f'base_url = "{root}{spoken.prefix}"')
        (home / "config.toml").write_text("\n".join(table))
        monkeypatch.setenv(_VARIABLES.get(name, f"{name.upper()}_API_KEY"), _KEY)
        wellspring = Wellspring(load_settings(home=home, service=name))
        opened.append(wellspring)
        return wellspring, spoken

    yield speaking
    for one in reversed(opened):
        one.__exit__(None, None, None)


def answered(wellspring: Wellspring, job: Job) -> Job:
    """The job, all of it answered, with every answer beside its prompt."""
    ended = carry(wellspring, job.id)
    assert (ended.status, ended.completed, ended.failed, ended.missing) == (
        *("completed", ended.requests, 0, 0),
    )
    answers = list(wellspring.answers(job.id))
    assert all(answer.text for answer in answers)
    assert len({answer.custom_id for answer in answers}) == ended.requests
    return ended


@pytest.mark.parametrize("name", _ALL)
def test_a_job_goes_the_whole_way(
    speaking: Callable[[str], tuple[Wellspring, dialects.Dialect]], name: str, prompts_path: Path
) -> None:
    wellspring, spoken = speaking(name)
    job = wellspring.submit(prompts_path, description="nightly")
    ended = answered(wellspring, job)
    assert ended.service == name
    # Of the others nobody tells what that model costs there.
    assert (ended.cost is not None) == (name == "azure")
    assert len(spoken.created) == 1
    assert spoken.created[0]["metadata"]["wellspring_job"] == job.id


@pytest.mark.parametrize("name", _ALL)
def test_a_key_that_is_refused_is_said_and_shown_nowhere(
    speaking: Callable[[str], tuple[Wellspring, dialects.Dialect]],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    wellspring, _ = speaking(name)
    variable = _VARIABLES.get(name, f"{name.upper()}_API_KEY")
    wellspring.settings.environment[variable] = "sk-of-somebody-else-987"  # type: ignore[index]
    with pytest.raises(CredentialsError, match="refuses the API key") as refused:
        wellspring.ping()
    assert "987" not in str(refused.value)


def test_azure_waits_until_its_file_is_processed(
    speaking: Callable[[str], tuple[Wellspring, dialects.Dialect]], prompts_path: Path
) -> None:
    wellspring, spoken = speaking("azure")
    job = wellspring.submit(prompts_path)
    wellspring.tick()
    (part,) = wellspring.detail(job.id).parts
    assert part.waiting_for == "the service to process its input file"
    assert not spoken.created
    answered(wellspring, job)
    assert len(spoken.created) == 1


def test_azure_takes_the_endpoints_of_its_older_versions(
    speaking: Callable[[str], tuple[Wellspring, dialects.Dialect]], tmp_path: Path
) -> None:
    wellspring, spoken = speaking("azure")
    path = tmp_path / "requests.jsonl"
    chat = {"messages": [{"role": "user", "content": "Which soil?"}]}
    path.write_bytes(
        jsonl(request(own_id, "/chat/completions", "gpt-4o-mini", **chat) for own_id in "ab")
    )
    answered(wellspring, wellspring.submit(path))
    assert spoken.created[0]["endpoint"] == "/chat/completions"


def test_azures_full_queue_is_waited_for_and_its_size_learned(
    speaking: Callable[[str], tuple[Wellspring, dialects.Dialect]],
    prompts_path: Path,
) -> None:
    wellspring, spoken = speaking("azure")
    spoken.scenario = "queue-full:1"
    job = wellspring.submit(prompts_path)
    answered(wellspring, job)
    assert len(spoken.created) == 2
    assert wellspring.ledger.limits.token_limit("azure", "gpt-4o-mini") == 30_000


def test_groq_takes_a_week_and_no_more(
    speaking: Callable[[str], tuple[Wellspring, dialects.Dialect]], prompts_path: Path
) -> None:
    wellspring, spoken = speaking("groq")
    with pytest.raises(InputError, match=r"groq has no window of 8d\. It takes from 24h to 7d"):
        wellspring.submit(prompts_path, wellspring.request_options(window="8d"))
    with pytest.raises(InputError, match="groq takes no batches for /v1/embeddings"):
        wellspring.submit(
            prompts_path,
            wellspring.request_options(endpoint="/v1/embeddings", model="text-embedding-3-small"),
        )
    assert wellspring.count_jobs() == 0
    week = wellspring.submit(prompts_path, wellspring.request_options(window="7d"))
    answered(wellspring, week)
    assert spoken.created[0]["completion_window"] == "7d"


def test_together_tells_a_percentage_only_while_it_runs(
    speaking: Callable[[str], tuple[Wellspring, dialects.Dialect]],
    prompts_path: Path,
) -> None:
    wellspring, spoken = speaking("together")
    spoken.scenario = "stall:600"
    job = wellspring.submit(prompts_path)

    def half_done() -> bool:
        wellspring.tick()
        return wellspring.job(job.id).completed == 2

    until(half_done, "half of the answers to be told of")
    wellspring.cancel(job.id)
    ended = carry(wellspring, job.id)
    assert (ended.status, ended.completed, ended.failed, ended.missing) == ("cancelled", 2, 2, 0)


def test_dashscopes_model_for_trying_it_is_asked_at_its_own_endpoint(
    speaking: Callable[[str], tuple[Wellspring, dialects.Dialect]], tmp_path: Path
) -> None:
    wellspring, spoken = speaking("dashscope")
    path = tmp_path / "requests.jsonl"
    chat = {"messages": [{"role": "user", "content": "Which soil?"}]}
    path.write_bytes(
        jsonl(request(own_id, "/v1/chat/ds-test", "batch-test-model", **chat) for own_id in "ab")
    )
    answered(wellspring, wellspring.submit(path, wellspring.request_options(window="336h")))
    assert spoken.created[0]["endpoint"] == "/v1/chat/ds-test"
    assert spoken.created[0]["completion_window"] == "336h"


def test_siliconflow_hears_the_model_twice(
    speaking: Callable[[str], tuple[Wellspring, dialects.Dialect]], prompts_path: Path
) -> None:
    wellspring, spoken = speaking("siliconflow")
    answered(wellspring, wellspring.submit(prompts_path))
    assert spoken.created[0]["replace"] == {"model": "gpt-4o-mini"}


def test_vllm_answers_through_a_built_in_service_of_its_own(
    home: Path, tmp_path: Path, prompts_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home.mkdir()
    with ModelServer(tmp_path) as server:
        (home / "config.toml").write_text(f'[services.vllm]\nmodel_server = "{server.url}"\n')
        settings = load_settings(home=home, service="vllm")
        with Wellspring(settings) as wellspring:
            job = wellspring.submit(prompts_path)
            ended = answered(wellspring, job)
            told = wellspring.detail(job.id).answered_by
        until(
            lambda: not (settings.places.builtin("vllm") / "service.json").exists(),
            "its built-in service to stop",
        )
    assert ended.cost == 0
    assert told == f"the model server {server.url}"
    assert not (home / "local").exists()
