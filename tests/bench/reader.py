"""Opening an answer in the reader, against a still word on the screen."""

from __future__ import annotations

import asyncio
import statistics
from typing import TYPE_CHECKING

from tests.bench.measure import Figure
from tests.bench.painting import SIZE, PaintingApp
from wellspring_tui.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 7
CHARACTERS_PER_TOKEN = 4

_BLOCK = """## Components

The **budget** of a village has _three_ parts, as the [guide](http://example.org) says; it’s
one line in the answer, long enough to be wrapped on most screens that people have.

- land and `rights`
- water

| Part | Share |
| --- | ---: |
| Land | 12% |

```python
def share(part: str) -> float:
    return SHARES[part]
```

"""


def figures() -> Iterator[Figure]:
    """Opening plain text and Markdown of several lengths."""
    for tokens, goal in ((2_000, 60), (16_000, 90), (200_000, None)):
        plain, first, whole = asyncio.run(_opened(_text(tokens)))
        name = f"answer of {tokens:,} tokens"
        yield Figure(
            f"{name}: on the screen",
            plain,
            goal=f"< {goal} ms" if goal else "",
            met=plain < goal if goal else None,
        )
        yield Figure(f"{name}: Markdown's first screen", first, goal="< 300 ms", met=first < 300)
        yield Figure(f"{name}: Markdown, all that is rendered", whole)
    line = "word " * 40_000
    plain, _, _ = asyncio.run(_opened(line))
    yield Figure("one line of 200 kB: on the screen", plain)


def _text(tokens: int) -> str:
    length = tokens * CHARACTERS_PER_TOKEN
    return (_BLOCK * (length // len(_BLOCK) + 1))[:length]


async def _opened(text: str) -> tuple[float, float, float]:
    """Milliseconds to plain text, to the first rendered screen, to all of it."""
    plain: list[float] = []
    first: list[float] = []
    whole: list[float] = []
    reader = Reader()
    app = PaintingApp(reader)
    async with app.run_test(size=SIZE):
        for turn in range(ROUNDS):
            words = f"{turn} {text}"
            plain.append(await app.to_paint(lambda words=words: reader.show_plain(words)))  # type: ignore[misc]
            times = await app.paintings(lambda words=words: reader.show_markdown(words))  # type: ignore[misc]
            first.append(times[min(1, len(times) - 1)])
            whole.append(times[-1])
    return statistics.median(plain), statistics.median(first), statistics.median(whole)
