"""Ready-made requests under the headings that whoever made them knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from wellspring_tui.prompts.model import Request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.prompts.model import (
        Blank,
        FileKind,
        Problem,
        PromptsFile,
        RequestOptions,
    )

Headings: TypeAlias = Mapping[str, tuple[str, str]]
"""custom_id → section and prompt type."""


def under(headings: Headings | None, file: PromptsFile) -> PromptsFile:
    """`file` with these headings; requests that they do not name keep their own."""
    return _FiledFile(file, headings) if headings else file


@dataclass(frozen=True, slots=True)
class _FiledFile:
    file: PromptsFile
    headings: Headings

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.file.path

    @property
    def kind(self) -> FileKind:
        """What it was recognised as."""
        return self.file.kind

    def read(self, options: RequestOptions) -> Iterator[Request | Problem | Blank]:
        """Everything in the file, in its order."""
        for item in self.file.read(options):
            if not isinstance(item, Request) or item.custom_id not in self.headings:
                yield item
                continue
            section, prompt_type = self.headings[item.custom_id]
            yield msgspec.structs.replace(item, section=section, prompt_type=prompt_type)
