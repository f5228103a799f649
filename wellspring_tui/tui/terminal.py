"""What is said to the terminal itself: its title, and notices of the desktop it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App

# xterm's control sequences: OSC 2 sets the title; CSI 22 and 23 keep it and bring it back.
KEEP_TITLE = "\x1b[22;0t"
BRING_TITLE_BACK = "\x1b[23;0t"
_BELL, _END = "\x07", "\x1b\\"
_MOST_LETTERS = 200
_DEAF = ("", "dumb", "linux")
"""Terminals that would print what they do not understand."""
_KNOW_777 = ("foot", "rxvt", "contour")
_WITHOUT_NOTICES = ("Apple_Terminal", "vscode")


def write(app: App[Any], sequence: str) -> None:
    """Write a control sequence between two frames; from the event loop only.

    A terminal in a browser and one that is only played are spared.
    """
    # Textual has no public way to write: it goes where its own bell and clipboard go, through
    # the driver's queue, so that it never falls into the middle of a frame.
    driver = app._driver
    if driver is not None and not (driver.is_headless or driver.is_web):
        driver.write(sequence)


def understands(environment: Mapping[str, str]) -> bool:
    """Whether the terminal swallows sequences that it does not know."""
    return environment.get("TERM", "") not in _DEAF


def title(text: str) -> str:
    """The sequence that sets the terminal's title."""
    return f"\x1b]2;{_plain(text)}{_BELL}"


def desktop_notice(kind: str, head: str, text: str, environment: Mapping[str, str]) -> str:
    """The sequence for a notice of the desktop: `off`, `osc9`, `osc777` or `auto`.

    Empty when there is none, or none that the terminal is likely to know.
    """
    match kind:
        case "osc9":
            return _osc9(head, text)
        case "osc777":
            return _osc777(head, text)
        case "auto":
            return _likely(head, text, environment)
    return ""


def _likely(head: str, text: str, environment: Mapping[str, str]) -> str:
    name = environment.get("TERM_PROGRAM", "")
    if not understands(environment) or name in _WITHOUT_NOTICES:
        return ""
    knows_777 = environment.get("TERM", "").startswith(_KNOW_777)
    sequence = _osc777(head, text) if knows_777 else _osc9(head, text)
    return _through_tmux(sequence) if environment.get("TMUX") else sequence


def _osc9(head: str, text: str) -> str:
    return f"\x1b]9;{_plain(f'{head}: {text}')}{_BELL}"


def _osc777(head: str, text: str) -> str:
    # A semicolon would end the field.
    fields = (_plain(field).replace(";", ",") for field in (head, text))
    return f"\x1b]777;notify;{';'.join(fields)}{_BELL}"


def _through_tmux(sequence: str) -> str:
    """The sequence as tmux hands it on to the terminal it is in (`allow-passthrough`)."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}{_END}"


def _plain(text: str) -> str:
    """One line that ends no sequence early."""
    return one_line(text, _MOST_LETTERS)
