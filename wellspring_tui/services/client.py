"""One service, spoken to through the `openai` package.

Importing that package takes over a second, so it happens in the call that first
needs it. Lists are read from the raw answer: the SDK's models cost six times as
much to build and lose what they do not know.
"""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import IO, TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import urlsplit

import msgspec

from wellspring_tui.errors import NetworkError
from wellspring_tui.log import logger
from wellspring_tui.services.failures import translated
from wellspring_tui.services.plain import read_page
from wellspring_tui.services.reading import read_batch, read_file
from wellspring_tui.services.ways import USUAL
from wellspring_tui.text import one_line, shown_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import httpx2
    import openai

    from wellspring_tui.errors import ServiceError
    from wellspring_tui.services.model import Batch, RemoteFile
    from wellspring_tui.services.ways import Ways

_log = logger(__name__)
_OPENAI_HOST = "api.openai.com"
_CHUNK_BYTES = 256 * 1024
_PAGE = 100
_MOST_PAGES = 1_000
"""A service that ignores `after` would otherwise page for ever."""
_UPLOAD_TIMEOUT = timedelta(minutes=30)
_CALL_TIMEOUT = timedelta(seconds=60)

T = TypeVar("T")
Heartbeat: TypeAlias = "Callable[[int, int | None], None]"
"""Hears (bytes so far, bytes in all if known); may raise StoppedError."""


def _no_trouble() -> None:
    """Most services say of themselves only that they are there."""


class Service:
    """A service that runs batches. Every method raises ServiceError, in one of its forms."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        ways: Ways = USUAL,
        *,
        trouble: Callable[[], ServiceError | None] = _no_trouble,
    ) -> None:
        """`trouble` tells what keeps a service from answering that takes batches all the same."""
        self.base_url = base_url
        self.trouble = trouble
        self._ways = ways
        self._shown_url = shown_url(base_url)
        self._api_key = api_key
        self._sdk: openai.OpenAI | None = None
        self._closed = False
        self._connecting = threading.Lock()

    def upload(self, path: Path, name: str, heartbeat: Heartbeat) -> RemoteFile:
        """Upload an input file as `name`, streamed from disk.

        `heartbeat` hears (bytes sent, bytes in all) and may raise StoppedError.
        """
        with self._calls() as sdk, _CountedFile(path, heartbeat) as file:
            patient = sdk.with_options(timeout=_UPLOAD_TIMEOUT.total_seconds(), max_retries=0)
            return self._understood(read_file, self._ways.upload(patient, name, file))

    def create(
        self,
        input_file_id: str,
        endpoint: str,
        window: str,
        metadata: Mapping[str, str],
        model: str = "",
        *,
        output_life_seconds: int | None = None,
    ) -> Batch:
        """Create a batch. Sent once: a NetworkError leaves open whether the batch exists.

        `model` is that of its requests, for a service that wants to hear it here as well.
        Not every service knows that its output files may have a life of their own: it is
        told of it only where one is given.
        """
        with self._calls() as sdk:
            answer = sdk.with_options(max_retries=0).batches.with_raw_response.create(
                input_file_id=input_file_id,
                endpoint=endpoint,  # type: ignore[arg-type]  # other services have others
                completion_window=window,  # type: ignore[arg-type]
                metadata=dict(metadata),
                extra_body=self._ways.beside_creation(model, output_life_seconds),
            )
            return self._understood(read_batch, answer.content)

    def batches(self) -> Iterator[Batch]:
        """Every batch of the project, newest first, a page at a time."""
        seen: set[str] = set()
        after: str | None = None
        for _ in range(_MOST_PAGES):
            found, has_more = self._batches_page(after)
            fresh = [batch for batch in found if batch.id not in seen]
            yield from fresh
            seen.update(batch.id for batch in fresh)
            if not fresh or not has_more:
                return
            after = fresh[-1].id

    def retrieve(self, batch_id: str) -> Batch:
        """One batch as it is now. Raises GoneError when the service does not know it."""
        with self._calls() as sdk:
            answer = sdk.batches.with_raw_response.retrieve(batch_id)
            return self._understood(read_batch, answer.content)

    def cancel(self, batch_id: str) -> Batch:
        """Ask to cancel a batch. Raises RefusedError when it has ended already."""
        with self._calls() as sdk:
            answer = sdk.with_options(max_retries=0).batches.with_raw_response.cancel(batch_id)
            return self._understood(read_batch, answer.content)

    def ping(self) -> timedelta | None:
        """Ask for the newest batch; how far this machine's clock is ahead of the service's.

        Within a second, and 0 when the difference may be that of the way; None when the
        service does not tell the time.
        """
        with self._calls() as sdk:
            asked_at = datetime.now(UTC)
            answer = sdk.batches.with_raw_response.list(limit=1)
            answered_at = datetime.now(UTC)
            self._understood(_tolerant_page, answer.content)
            return _ahead(answer.headers.get("date"), asked_at, answered_at)

    def find_file(self, name: str, size_bytes: int) -> RemoteFile | None:
        """The newest input file of that name and size among the last uploads, if it is there."""
        with self._calls() as sdk:
            answer = sdk.files.with_raw_response.list(
                purpose=self._ways.upload_purpose, limit=_PAGE, order="desc"
            )
            files, _ = self._understood(_page_of_files, answer.content)
        return next((f for f in files if (f.filename, f.size_bytes) == (name, size_bytes)), None)

    def file(self, file_id: str) -> RemoteFile:
        """What the service says of a file. Raises GoneError when it does not know it."""
        with self._calls() as sdk:
            answer = sdk.files.with_raw_response.retrieve(file_id)
            return self._understood(read_file, answer.content)

    def files(self) -> Iterator[RemoteFile]:
        """Every file of the project, newest first, a page at a time."""
        seen: set[str] = set()
        after: str | None = None
        for _ in range(_MOST_PAGES):
            found, has_more = self._files_page(after)
            fresh = [file for file in found if file.id not in seen]
            yield from fresh
            seen.update(file.id for file in fresh)
            if not fresh or not has_more:
                return
            after = fresh[-1].id

    def delete_file(self, file_id: str) -> None:
        """Delete a file. Raises GoneError when the service does not know it, or no longer."""
        with self._calls() as sdk:
            sdk.files.with_raw_response.delete(file_id)

    def download(self, file_id: str, to: IO[bytes], heartbeat: Heartbeat) -> int:
        """Stream a file's content into `to`; the number of bytes written.

        `heartbeat` hears (bytes so far, bytes in all if known) and may raise StoppedError.
        Raises NetworkError when fewer bytes came than were announced.
        """
        written = 0
        with (
            self._calls() as sdk,
            sdk.files.with_streaming_response.content(file_id) as answer,
        ):
            announced = answer.headers.get("content-length")
            encoded = answer.headers.get("content-encoding")
            total = int(announced) if announced and announced.isdigit() and not encoded else None
            for chunk in answer.iter_bytes(_CHUNK_BYTES):
                to.write(chunk)
                written += len(chunk)
                heartbeat(written, total)
        if total is not None and written != total:
            raise NetworkError(
                f"{self._shown_url} sent {written:,} of {total:,} bytes of {file_id}",
                todo="Wellspring will fetch it again.",
            )
        return written

    def close(self, *, for_good: bool = False) -> None:
        """Close the connections; the next call opens them again, unless it is `for_good`.

        Then a thread that still uses them, such as an upload that was given up, gets
        NetworkError.
        """
        self._closed = self._closed or for_good
        sdk, self._sdk = self._sdk, None
        if sdk is not None:
            sdk.close()

    def _batches_page(self, after: str | None) -> tuple[list[Batch], bool]:
        """The batches of one page, and whether the service may have more."""
        with self._calls() as sdk:
            answer = (
                sdk.batches.with_raw_response.list(limit=_PAGE, after=after)
                if after
                else sdk.batches.with_raw_response.list(limit=_PAGE)
            )
            content = answer.content
        return read_page(content) or self._understood(_tolerant_page, content)

    def _files_page(self, after: str | None) -> tuple[list[RemoteFile], bool]:
        """The files of one page, and whether the service may have more."""
        with self._calls() as sdk:
            answer = (
                sdk.files.with_raw_response.list(limit=_PAGE, order="desc", after=after)
                if after
                else sdk.files.with_raw_response.list(limit=_PAGE, order="desc")
            )
            return self._understood(_page_of_files, answer.content)

    @contextmanager
    def _calls(self) -> Iterator[openai.OpenAI]:
        """The SDK's client, with its failures translated."""
        with translated(self._shown_url, self._api_key):
            yield self._connected()

    def _connected(self) -> openai.OpenAI:
        with self._connecting:
            if self._sdk is None and not self._closed:
                self._sdk = _connect(self.base_url, self._api_key)
        sdk = self._sdk
        if self._closed or sdk is None:
            self.close()  # connecting takes a while, and so it may have come too late
            raise NetworkError(
                f"the connection to {self._shown_url} is closed", todo="Wellspring will look again."
            )
        return sdk

    def _understood(self, read: Callable[[dict[str, object]], T], content: bytes) -> T:
        try:
            raw = msgspec.json.decode(content)
            if isinstance(raw, list):  # Together's lists come without a page around them
                raw = {"data": raw, "has_more": False}
            if isinstance(raw, dict):
                return read(raw)
        except (msgspec.DecodeError, ValueError) as error:
            reason = one_line(str(error), 80)
        else:
            reason = f"found {type(raw).__name__}, expected an object"
        raise NetworkError(
            f"{self._shown_url} answered something that is not the Batch API ({reason})",
            todo="Check the service's base URL.",
        )


def _tolerant_page(page: dict[str, object]) -> tuple[list[Batch], bool]:
    raw = page.get("data")
    items = [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []
    return [read_batch(item) for item in items], page.get("has_more") is not False


def _page_of_files(page: dict[str, object]) -> tuple[list[RemoteFile], bool]:
    raw = page.get("data")
    items = [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []
    return [read_file(item) for item in items if item.get("id")], page.get("has_more") is not False


def _ahead(told: str | None, asked_at: datetime, answered_at: datetime) -> timedelta | None:
    """How far our clock is ahead of what an HTTP `Date` tells, in whole seconds."""
    try:
        theirs = parsedate_to_datetime(told or "")
    except ValueError:
        return None
    theirs = theirs if theirs.tzinfo is not None else theirs.replace(tzinfo=UTC)
    if theirs > answered_at:
        return answered_at - theirs
    latest = theirs + timedelta(seconds=1)  # it has no fractions of a second
    return max(asked_at - latest, timedelta())


def _connect(base_url: str, api_key: str) -> openai.OpenAI:
    import openai

    host = urlsplit(base_url).hostname
    # A proxy set for the internet must not be asked for this machine's own services.
    loopback = host in ("127.0.0.1", "localhost", "::1")
    # The SDK would tell every service the organisation and project set for OpenAI.
    kept_back = () if host == _OPENAI_HOST else ("OpenAI-Organization", "OpenAI-Project")
    return openai.OpenAI(
        base_url=base_url,
        api_key=api_key,
        timeout=_CALL_TIMEOUT.total_seconds(),
        default_headers=dict.fromkeys(kept_back, openai.Omit()),  # type: ignore[arg-type]
        http_client=openai.DefaultHttpxClient(
            trust_env=not loopback, event_hooks={"request": [_asks], "response": [_answers]}
        ),
    )


def _asks(request: httpx2.Request) -> None:
    request.extensions["wellspring_asked_at"] = perf_counter()


def _answers(response: httpx2.Response) -> None:
    """Write down what was asked and how long it took: no headers, no query, no body."""
    request = response.request
    ms = (perf_counter() - request.extensions["wellspring_asked_at"]) * 1_000
    _log.debug(
        "%s %s: %d after %.0f ms", request.method, request.url.path, response.status_code, ms
    )


class _CountedFile(io.BufferedReader):
    """An open file that says how much of it has been read."""

    def __init__(self, path: Path, heartbeat: Heartbeat) -> None:
        super().__init__(io.FileIO(path), _CHUNK_BYTES)
        self._heartbeat = heartbeat
        self._size_bytes = path.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        self._heartbeat(self.tell(), self._size_bytes)
        return chunk
