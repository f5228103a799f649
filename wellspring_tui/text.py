"""Untrusted text made safe to show.

A model's answer, a file name and a service's message may hold terminal control
sequences: a clipboard write (OSC 52), a cleared screen, reversed reading order.
Everything on its way to a screen goes through here once; data files keep the
text as it is.
"""

from __future__ import annotations

import re

_SEQUENCES = re.compile(
    r"""
      (?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])   # OSC, DCS, SOS, PM, APC: a string that ends with
      [^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?     #   BEL or ST
    | (?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?         # CSI
    | \x1b[ -/]*[0-~]?                          # every other escape
    """,
    re.VERBOSE,
)

# Bidirectional controls can make a line read as something that it is not; zero-width
# characters other than the joiners of ordinary scripts hide text from the reader.
_HIDDEN = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF]
_BREAKS = {0x2028: "\n", 0x2029: "\n", 0x85: "\n", 0x0B: "\n", 0x0C: "\n"}
_CONTROLS = {
    **{code: None for code in range(0x20) if code not in (0x09, 0x0A)},
    **dict.fromkeys(range(127, 160)),
    **dict.fromkeys(_HIDDEN),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    **_BREAKS,
}
# The same characters, as ranges: that is quicker to compile than two thousand of them.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)

_INERT = _CONTROLS | dict.fromkeys((*range(0x20), *_BREAKS))


def safe(text: str) -> str:
    """`text` without anything a terminal would act on; line breaks and tabs stay."""
    if _UNSAFE.search(text) is None:
        return text  # nearly always, and found out thirty times as quickly as made safe
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SEQUENCES.sub("", plain).translate(_CONTROLS)


def inert(text: str) -> str:
    """A painted piece of a line in which nothing acts on a terminal; it keeps its width.

    Without their escape the rest of a control sequence is words like any other.
    """
    return text if text.isprintable() else text.translate(_INERT)


def storable(text: str) -> str:
    """`text` that a database or a JSON file takes: a file name may hold bytes of no encoding.

    JSON may bring half a character, too.
    """
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shown_url(url: str) -> str:
    """An address as it may be shown: some carry a name and a password."""
    from urllib.parse import urlsplit

    address = urlsplit(url)
    return address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()


def one_line(text: str, limit: int = 0) -> str:
    """`text` made safe on a single line, cut to `limit` characters when one is given."""
    line = " ".join(safe(text[: limit * 4] if limit else text).split())
    return line if not limit or len(line) <= limit else line[: limit - 1] + "…"
