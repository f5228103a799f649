"""Images beside a prompt: links that the service follows, or files that go along with it."""

from __future__ import annotations

import base64
import binascii
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypeAlias

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.figures import size
from wellspring_tui.prompts.image_formats import format_of
from wellspring_tui.prompts.json_stream import kind_of
from wellspring_tui.prompts.model import Problem
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MOST_BYTES = 50_000_000
"""Of all images of a request. So much OpenAI's guide to images and vision named until April
2026; it names 512 MB since, yet the API still answers 400, "exceeds the allowed limit of 50MB".
"""
MOST_IMAGES = 1_500
"""In a request (the same guide)."""

_LINK = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://|data:", re.IGNORECASE)
_DATA = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)
_EXPECTED = "expected an http(s) URL or the path of a file"

ImageOpener: TypeAlias = Callable[[str], IO[bytes]]
"""Opens an image by its path as a prompts file names it. Raises PromptsFileError."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image as it is sent."""

    url: str
    """A link, or the image itself as a `data:` URL."""
    width: int = 0
    """In pixels; 0 where nobody knows."""
    height: int = 0
    size_bytes: int = 0
    """Of what goes along; a link has none."""


def beside(folder: Path) -> ImageOpener:
    """Opens images wherever this user may read, their paths taken from `folder`."""

    def opened(named: str) -> IO[bytes]:
        try:
            path = folder / named
            # A pipe without a writer would hold us up.
            if not stat.S_ISREG(path.stat().st_mode):
                raise PromptsFileError(f"“{one_line(named, 60)}” is not an ordinary file")
            return path.open("rb")
        except FileNotFoundError:
            raise PromptsFileError(f"there is no file “{one_line(named, 60)}”") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise PromptsFileError(f"“{one_line(named, 60)}” can't be read ({reason})") from None

    return opened


def images_of(
    holder: Mapping[str, object], key: str, open_image: ImageOpener
) -> tuple[Image, ...] | Problem:
    """The images that an object or a row names as `image` or `images`; blank ones are none.

    `key` is where the holder stands, for the problem with the first that can't be sent.
    """
    images: list[Image] = []
    total = 0
    for own_key, named in _named(holder, key):
        if not isinstance(named, str):
            return Problem(f"{_EXPECTED}, found {kind_of(named)}", key=own_key)
        if not named.strip():
            continue
        try:
            images.append(_image(named.strip(), open_image))
        except PromptsFileError as error:
            return Problem(error.what, key=own_key)
        total += images[-1].size_bytes
        if total > MOST_BYTES:
            most = size(MOST_BYTES)
            return Problem(
                f"OpenAI takes at most {most} of images in a request, these are {size(total)}"
                if len(images) > 1
                else f"the image is larger than {most}, the most OpenAI takes in a request",
                key=own_key,
            )
        if len(images) > MOST_IMAGES:
            return Problem(f"OpenAI takes at most {MOST_IMAGES:,} images a request", key=own_key)
    return tuple(images)


def with_paths_from(folder: Path, holder: dict[str, object]) -> None:
    """Let the images that an object names be found from anywhere: their paths become whole."""
    for name in ("image", "images"):
        match holder.get(name):
            case str(named):
                holder[name] = _whole(folder, named)
            case list(several):
                holder[name] = [
                    _whole(folder, named) if isinstance(named, str) else named for named in several
                ]


def _whole(folder: Path, named: str) -> str:
    is_path = named.strip() and not _SCHEME.match(named.strip())
    return str(folder.absolute() / named.strip()) if is_path else named


def _named(holder: Mapping[str, object], key: str) -> Iterator[tuple[str, object]]:
    """(key, what is named there) of each image."""
    for name in ("image", "images"):
        own_key = f"{key}.{name}" if key else name
        match holder.get(name):
            case None:
                continue
            case list(several):
                yield from ((f"{own_key}[{at}]", named) for at, named in enumerate(several))
            case named:
                yield own_key, named


def _image(named: str, open_image: ImageOpener) -> Image:
    if _LINK.fullmatch(named):
        return Image(named)
    if inline := _DATA.match(named):
        try:
            return _sent_along(base64.b64decode(named[inline.end() :], validate=True))
        except binascii.Error:
            raise PromptsFileError("its base64 can't be decoded") from None
    if _SCHEME.match(named):
        raise PromptsFileError(f"{_EXPECTED}, found “{one_line(named, 60)}”")
    try:
        with open_image(named) as file:
            return _sent_along(file.read(MOST_BYTES + 1), f"“{one_line(named, 60)}” ")
    except OSError as error:
        raise PromptsFileError(
            f"“{one_line(named, 60)}” can't be read ({error.strerror})"
        ) from None


def _sent_along(raw: bytes, named: str = "it ") -> Image:
    if not raw:
        raise PromptsFileError(f"{named}is empty")
    found = format_of(raw)
    if found is None:
        raise PromptsFileError(f"{named}is no PNG, JPEG, WebP or GIF image, whatever its name")
    url = f"data:{found.media_type};base64,{base64.b64encode(raw).decode('ascii')}"
    return Image(url, found.width, found.height, len(raw))
