"""Prices remembered for a day, so that a look at a prompts file need not wait for them.

Importing genai-prices takes several times as long as reading a small file. What it
said is kept beside the ledger until the next day, or until it is updated.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import msgspec

from wellspring_tui.answers.money import OPENAI, PriceList, Rates
from wellspring_tui.errors import StorageError
from wellspring_tui.saving import written_whole

_log = logging.getLogger(__name__)


class _Remembered(msgspec.Struct):
    day: str = ""
    source: str = ""
    """Which genai-prices said it."""
    rates: dict[str, Rates | None] = msgspec.field(default_factory=dict)


class Prices:
    """The rates of models, from genai-prices or from what it said today."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: _Remembered | None = None

    def rates(
        self, model: str, *, batch: bool, long: bool = False, by: PriceList = OPENAI
    ) -> Rates | None:
        """The prices of `model`, in a batch or in real time; None when unknown.

        `long` is for requests with a prompt so long that some models take another price.
        """
        known = self._remembered()
        way = ("batch" if batch else "real time") + (" long" if long else "")
        key = f"{model} {way} {by.provider} {by.batch_price or ''}".rstrip()
        if key not in known.rates:
            from wellspring_tui.answers import money

            known.rates[key] = money.rates(model, batch=batch, long=long, by=by)
            self._remember(known)
        return known.rates[key]

    def _remembered(self) -> _Remembered:
        if self._known is None:
            fresh = _Remembered(datetime.now(UTC).date().isoformat(), _source())
            kept = self._read()
            same = (kept.day, kept.source) == (fresh.day, fresh.source)
            self._known = kept if same else fresh
        return self._known

    def _read(self) -> _Remembered:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Remembered)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return _Remembered()  # nothing is lost: the prices are asked for again

    def _remember(self, known: _Remembered) -> None:
        try:
            with written_whole(self._path, 0o600) as file:
                file.write(msgspec.json.encode(known))
        except StorageError as error:
            # The price is known all the same; only the next look will take longer.
            _log.info("prices are not remembered: %s", error)


def _source() -> str:
    """What changes when genai-prices does."""
    found = find_spec("genai_prices")
    if found is None or found.origin is None:
        return ""
    return f"{found.origin} {Path(found.origin).stat().st_mtime_ns}"
