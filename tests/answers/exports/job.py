"""A job for exports: answered, truncated, refused, failed and missing requests."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.support.files import answer, expired
from tests.support.results import results_in
from wellspring_tui.answers.model import State

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.answers.model import Answer
    from wellspring_tui.answers.results import Results

ABOUT = {
    "job_id": "bcdfgh",
    "name": "Gärten & <Wege>",
    "status": "completed",
    "service": "smollm2",
    "answered_by": "SmolLM2 on this machine",
    "batch_ids": ["batch_1"],
    "cost_usd": "0.0123",
}
FILED = {
    "soil": ("Ground", "facts"),
    "fees": ("Money & <b>", "facts"),
    "map": ("Ground", "layout"),
    "soil2": ("Ground", "facts"),
    "law": ("Money & <b>", "law"),
    "rain": ("Water\u2028", "facts"),
    "sums": ("Money & <b>", "=sums"),
}
ROWS = ("soil", "map", "soil2", "fees", "law", "sums", "rain")
"""The ids in view order."""


def a_job(folder: Path) -> Results:
    """Results of that job; to be closed by its index."""
    cut = answer("map", "Cut in the code:\n\n```python\n# a comment\n")
    cut["response"]["body"]["choices"][0]["finish_reason"] = "length"
    refused = answer("fees", "")
    refused["response"]["body"]["choices"][0]["message"]["refusal"] = "I can't, sorry."
    lines: list[dict[str, Any]] = [
        answer("soil", "# Soil\n\nIt is “good”,\u2028\U0001f331 \x00 \x1b[2J and *deep*."),
        answer("sums", '=1+1,"2"\r\n-3'),
        answer("soil2", "Again\nand again."),
        refused,
        expired("law"),
        cut,
    ]
    sent = {"soil": "Which soil?\n```\nopen", "fees": "@fees"}
    return results_in(folder, FILED, *lines, sent=sent, cost_of=cost)


def cost(answer: Answer) -> Decimal | None:
    """A price for some, which a float could not tell."""
    if answer.custom_id == "map":
        return None
    return Decimal("0.000000075") if answer.state is State.ANSWERED else Decimal(0)
