"""Section and prompt type out of old custom_ids: `{section}_{prompt_type}_{unix time}`.

Both names may hold underscores themselves, so one id alone can't be split for
sure. All ids of a file together can: sections and types repeat across them.
Only files and batches that bring nothing else are read this way.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_OLD_FORM = re.compile(r"^(?P<names>.+_.+)_\d{9,13}$", re.DOTALL)
_LONGEST = 1_000
"""Nobody names a section so; the ways to split an id grow with the square of its length."""
_PLAIN_WORD = re.compile(r"^[a-z0-9]+$")

CLASSIC_TYPES = (
    "data_extraction_prompt",
    "design_specification_prompt",
    "content_optimization_prompt",
)


def split_old_ids(custom_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(section, prompt type) of each id that has the old form; the others are left out."""
    names = {
        own_id: found["names"]
        for own_id in custom_ids
        if len(own_id) <= _LONGEST and (found := _OLD_FORM.match(own_id))
    }
    sections: Counter[str] = Counter()
    types: Counter[str] = Counter()
    for name in set(names.values()):
        for section, prompt_type in _splits(name):
            sections[section] += 1
            types[prompt_type] += 1

    def likelihood(split: tuple[str, str]) -> tuple[bool, bool, int, int, int]:
        section, prompt_type = split
        times = sections[section], types[prompt_type]
        return (
            prompt_type in CLASSIC_TYPES,
            _changes_style(section, prompt_type),
            min(times),
            times[0] * times[1],
            len(prompt_type),
        )

    best = {name: max(_splits(name), key=likelihood) for name in set(names.values())}
    return {own_id: best[name] for own_id, name in names.items()}


def _splits(name: str) -> list[tuple[str, str]]:
    words = name.split("_")
    cuts = [("_".join(words[:cut]), "_".join(words[cut:])) for cut in range(1, len(words))]
    return [(section, kind) for section, kind in cuts if section and kind] or [(name, name)]


def _changes_style(section: str, prompt_type: str) -> bool:
    """Whether a title ends and a snake_case name begins here: “Site Plan” | “data_prompt”."""
    return not _PLAIN_WORD.match(section.rsplit("_", 1)[-1]) and all(
        _PLAIN_WORD.match(word) for word in prompt_type.split("_")
    )
