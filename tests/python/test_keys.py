"""A key is used where it is meant to be, and written nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.scripted import Asked, Reply, ScriptedService, forward, refusal
from wellspring_tui import CredentialsError, RefusedError, Wellspring, WellspringBatchProcessor, log

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-proj-a-key-that-must-stay-secret-4711"
ODD_KEY = "K/e.y+with$odd^signs-and-no-prefix"


@pytest.fixture(autouse=True)
def _openai(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is for most people: OpenAI, and a key only where the test gives one."""
    monkeypatch.delenv("WELLSPRING_SERVICE")


def holds(folder: Path, key: str) -> list[Path]:
    """The files in which a key, or most of it, can be found."""
    part = key[: len(key) * 2 // 3].encode()
    return [path for path in folder.rglob("*") if path.is_file() and part in path.read_bytes()]


def test_without_a_key_it_says_what_to_do_and_begins_nothing(
    home: Path, prompts_path: Path
) -> None:
    with WellspringBatchProcessor() as processor:
        tasks = processor.format_prompts_for_batch_api(
            processor.load_visual_batch_prompts(prompts_path)
        )
        path = processor.create_batch_file(tasks)
        for step in (
            lambda: processor.run_complete_batch_workflow(prompts_path),
            lambda: processor.upload_batch_file(path),
            lambda: processor.create_batch_job("file-1"),
            lambda: processor.get_batch_status("batch_1"),
        ):
            with pytest.raises(
                CredentialsError, match='Set OPENAI_API_KEY, give api_key=…, or service="local"'
            ):
                step()
        assert processor.wellspring.jobs() == []
        assert [path for path in (home / "input").iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("key", [KEY, ODD_KEY])
def test_a_key_is_sent_and_never_written(
    service_url: str,
    home: Path,
    prompts_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
) -> None:
    with ScriptedService(lambda asked: forward(asked, service_url)) as line:
        monkeypatch.setenv("OPENAI_BASE_URL", line.base_url)
        with WellspringBatchProcessor(api_key=f" {key}\n") as processor:
            log.prepare(processor.wellspring.settings)
            tasks = processor.format_prompts_for_batch_api(
                processor.load_visual_batch_prompts(prompts_path)
            )
            file_id = processor.upload_batch_file(processor.create_batch_file(tasks))
            batch = processor.create_batch_job(file_id)
            ended = processor.monitor_batch_job(batch.id, check_interval=0.05)
            processor.process_results(processor.download_results(ended))
            assert ended.status == "completed"
            assert key not in repr(processor.wellspring.settings)
        assert {one.headers["authorization"] for one in line.asked} == {f"Bearer {key}"}
    assert holds(home, key) == []


@pytest.mark.parametrize("key", [KEY, ODD_KEY])
@pytest.mark.parametrize("status", [400, 401, 429])
def test_a_service_that_repeats_the_key_does_not_get_it_written(
    service_url: str,
    home: Path,
    prompts_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    status: int,
) -> None:
    def repeating(asked: Asked) -> Reply | None:
        if asked.method == "POST":
            said = "x" * 250 + f" you sent {asked.headers['authorization']}"
            code = "insufficient_quota" if status == 429 else "no"
            return refusal(status, said, code)
        return forward(asked, service_url)

    with ScriptedService(repeating) as line:
        monkeypatch.setenv("OPENAI_BASE_URL", line.base_url)
        with WellspringBatchProcessor(api_key=key) as processor:
            log.prepare(processor.wellspring.settings)
            with pytest.raises((CredentialsError, RefusedError)) as refused:
                processor.run_complete_batch_workflow(prompts_path)
            assert key not in str(refused.value)
    assert holds(home, key) == []


def test_a_given_key_goes_to_its_own_service_only(
    service_url: str, home: Path, prompts_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Services without a variable of their own all name OPENAI_API_KEY."""
    with ScriptedService(lambda asked: forward(asked, service_url)) as other:
        (home / "config.toml").write_text(f'[services.other]\nbase_url = "{other.base_url}"\n')
        monkeypatch.setenv("OPENAI_API_KEY", "the-key-of-the-environment")
        with Wellspring.open(service="other") as wellspring:
            job = wellspring.submit(prompts_path)
        with WellspringBatchProcessor(api_key=KEY) as processor:
            processor.monitor_batch_job(job.id, check_interval=0.05)
        assert {one.headers["authorization"] for one in other.asked} == {
            "Bearer the-key-of-the-environment"
        }


@pytest.mark.parametrize("key", ["sk-ключ", "sk-a\nX-Evil: 1", "sk-\x00", "“sk-quoted-by-mail”"])
def test_what_can_be_no_key_is_refused_without_showing_it(prompts_path: Path, key: str) -> None:
    with (
        WellspringBatchProcessor(api_key=key) as processor,
        pytest.raises(CredentialsError, match="holds characters that no key has") as refused,
    ):
        processor.run_complete_batch_workflow(prompts_path)
    assert key not in str(refused.value)


def test_an_empty_key_is_told_at_once() -> None:
    with pytest.raises(CredentialsError, match="the API key is empty"):
        WellspringBatchProcessor(api_key="  ")
