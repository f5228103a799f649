"""Real processes of the built-in service, spoken to with the real `openai` client."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from openai.types import Batch, FileObject

ENDED = {"completed", "failed", "expired", "cancelled"}
SCHEMAS = Path(__file__).parents[2].parent / "shared" / "data" / "openai_schemas"

Line = dict[str, Any]


def request_line(
    number: int, url: str = "/v1/chat/completions", model: str = "gpt-4o-mini", **body: object
) -> Line:
    """A line of an input file, right for its endpoint unless `body` says otherwise."""
    prompt = f"Explain tide table number {number} to a harbour master."
    if url == "/v1/chat/completions":
        given: Line = {"messages": [{"role": "user", "content": prompt}]}
    elif url in ("/v1/completions", "/v1/images/generations", "/v1/videos"):
        given = {"prompt": prompt}
    elif url == "/v1/images/edits":
        given = {"prompt": prompt, "images": [{"file_id": "file-a"}]}
    else:
        given = {"input": prompt}
    return {
        "custom_id": f"request-{number}",
        "method": "POST",
        "url": url,
        "body": {"model": model, **given, **body},
    }


def jsonl(lines: Iterable[Line]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def decoded(content: bytes) -> list[Line]:
    """The objects of a JSONL file; bytes are split on the line feed only."""
    return [json.loads(line) for line in content.split(b"\n") if line]


class LocalService:
    """One running process of the service and a client that speaks to it."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-m", "wellspring_tui.local", "--data", str(data), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.base_url = self._stdout.readline().strip()
        assert self.base_url, self._stderr.read()
        self.http = httpx2.Client(trust_env=False, headers={"authorization": "Bearer anything"})
        self.openai = openai.OpenAI(
            base_url=self.base_url,
            api_key="anything",
            max_retries=0,
            http_client=openai.DefaultHttpxClient(trust_env=False),
            _strict_response_validation=True,
        )

    @property
    def root(self) -> str:
        return self.base_url.removesuffix("/v1")

    @property
    def _stdout(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    @property
    def _stderr(self) -> IO[str]:
        assert self.process.stderr is not None
        return self.process.stderr

    def upload(self, content: bytes, name: str = "input.jsonl") -> FileObject:
        return self.openai.files.create(file=(name, content), purpose="batch")

    def submit(
        self,
        lines: Iterable[Line],
        endpoint: Any = "/v1/chat/completions",
        scenario: str | None = None,
    ) -> Batch:
        return self.submit_bytes(jsonl(lines), endpoint, scenario)

    def submit_bytes(
        self, content: bytes, endpoint: Any = "/v1/chat/completions", scenario: str | None = None
    ) -> Batch:
        return self.create(self.upload(content).id, endpoint, scenario)

    def create(
        self,
        file_id: str,
        endpoint: Any = "/v1/chat/completions",
        scenario: str | None = None,
    ) -> Batch:
        return self.openai.batches.create(
            input_file_id=file_id,
            endpoint=endpoint,
            completion_window="24h",
            metadata={"scenario": scenario} if scenario else openai.omit,
        )

    def until(self, batch: Batch, reached: Callable[[Batch], bool]) -> Batch:
        """The batch as soon as it is as wanted."""
        while not reached(batch):
            time.sleep(0.02)
            batch = self.openai.batches.retrieve(batch.id)
        return batch

    def until_ended(self, batch: Batch) -> Batch:
        return self.until(batch, lambda now: now.status in ENDED)

    def lines(self, file_id: str | None) -> list[Line]:
        """The lines of a result file; none when there is no file."""
        return decoded(self.openai.files.content(file_id).content) if file_id else []

    def until_logged(self, words: str) -> None:
        """Wait until it writes these words to its log."""
        while words not in (line := self._stderr.readline()):
            assert line, f"it ended without a word of “{words}”"

    def kill(self) -> None:
        self.process.kill()
        self._end()

    def stop(self) -> int:
        """Stop it as a person would; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._end()

    def wait(self) -> int:
        """Wait until it ends by itself."""
        return self._end()

    def _end(self) -> int:
        self.process.communicate(timeout=20)
        self.openai.close()
        self.http.close()
        return self.process.returncode


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., LocalService]]:
    """Start services on `tmp_path`, on free ports; what still runs at the end is stopped."""
    started: list[LocalService] = []

    def start(*options: str, data: Path = tmp_path / "service") -> LocalService:
        started.append(LocalService(data, "--port", "0", *options))
        return started[-1]

    yield start
    for service in started:
        if service.process.poll() is None:
            service.stop()


@pytest.fixture
def service(start: Callable[..., LocalService]) -> LocalService:
    """A service of this test's own, as fast as it can be."""
    return start("--pace", "0")


@pytest.fixture(scope="session")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """A service for tests that mind neither what is in it nor what is added."""
    service = LocalService(tmp_path_factory.mktemp("shared"), "--port", "0", "--pace", "0")
    yield service
    assert service.stop() == 0


@pytest.fixture
def matches() -> Callable[[str, object], None]:
    """Holds an answer against OpenAI's published schema of that name."""
    if not SCHEMAS.is_dir():
        pytest.skip("OpenAI's schemas are not on this machine")

    def matches(name: str, value: object) -> None:
        schema = json.loads((SCHEMAS / f"{name}.json").read_bytes())
        Draft202012Validator(schema).validate(value)

    return matches
