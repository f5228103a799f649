"""Numbers as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from wellspring_tui import figures


@pytest.mark.parametrize(
    ("number", "shown"), [(None, "–"), (0, "0"), (999, "999"), (1234567, "1,234,567")]
)
def test_counts(number: int | None, shown: str) -> None:
    assert figures.count(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (None, "–"),
        (926, "926"),
        (9_999, "9,999"),
        (12_340, "12.3k"),
        (999_949, "999.9k"),
        (999_950, "1.00M"),
        (4_560_000, "4.56M"),
    ],
)
def test_tokens(number: int | None, shown: str) -> None:
    assert figures.tokens(number) == shown


@pytest.mark.parametrize(
    ("dollars", "shown"),
    [
        (None, "unknown"),
        ("0", "$0.00"),
        ("1234.5", "$1,234.50"),
        ("1", "$1.00"),
        ("0.05", "$0.0500"),
        ("0.00218295", "$0.0022"),
        ("0.000012", "$0.000012"),
    ],
)
def test_money(dollars: str | None, shown: str) -> None:
    assert figures.money(None if dollars is None else Decimal(dollars)) == shown


@pytest.mark.parametrize(
    ("known", "unknown", "shown"),
    [
        ("0", 0, "$0.00"),
        ("1.5", 0, "$1.50"),
        ("1.5", 3, "$1.50 + unknown"),
        ("0", 3, "unknown"),
    ],
)
def test_sums_of_money_say_when_something_is_unknown(known: str, unknown: int, shown: str) -> None:
    assert figures.money_sum(Decimal(known), unknown) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (19_303, "19.3 kB"),
        (999_949, "999.9 kB"),
        (999_960, "1.0 MB"),
        (200_000_000, "200.0 MB"),
        (3_000_000_000, "3.0 GB"),
        (5_000_000_000_000, "5000.0 GB"),
    ],
)
def test_sizes(size: int, shown: str) -> None:
    assert figures.size(size) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0 s"),
        (0.9, "0 s"),
        (42, "42 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (7_500, "2 h 05 min"),
        (86_400 * 3 + 4 * 3_600, "3 d 4 h"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    assert figures.duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-3, "0s"), (42, "42s"), (185, "3m"), (7_300, "2h"), (500_000, "5d")]
)
def test_ages(seconds: float, shown: str) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert figures.age(now - timedelta(seconds=seconds), now) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-3, "0 s"), (42, "42 s"), (120, "2 m"), (1_500, "25 m"), (7_300, "2 h"), (400_000, "5 d")],
)
def test_short_durations_fit_a_cell_of_a_table(seconds: float, shown: str) -> None:
    assert figures.short_duration(seconds) == shown


@pytest.mark.parametrize(
    ("shortest", "longest", "shown"),
    [
        (300, 1_800, "5–30 m"),
        (660, 720, "~12 m"),
        (0, 40, "<40 s"),
        (600, 7_200, "<2 h"),
        (-5, 0, "<1 s"),
        (3 * 86_400, 9 * 86_400, "3–9 d"),
    ],
)
def test_spans_of_time_take_the_unit_of_their_longer_end(
    shortest: float, longest: float, shown: str
) -> None:
    assert figures.between(shortest, longest) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(999, "999"), (1_203, "1.2k"), (9_949, "9.9k"), (200_000, "200k"), (1_250_000, "1.2M")],
)
def test_large_counts_fit_a_cell_of_a_table(number: int, shown: str) -> None:
    assert figures.short_count(number) == shown
