"""Nothing a terminal would act on reaches a screen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from wellspring_tui.text import inert, one_line, safe

_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_SEQUENCES = st.lists(
    st.text()
    | st.sampled_from(
        [
            *("\x1b", "\x1b[", "\x1b]52;c;", "\x07", "\x1b\\", "\x9b", "\x9d", "\x90", "\x9c"),
            *("\r", "\r\n", "2J", "\u202e", "\ud800", "\u2028", "\x00"),
        ]
    )
).map("".join)


def harmless(text: str) -> bool:
    """Whether a text holds no control character but line breaks and tabs, nor a bidi control."""
    return not any(
        character in _BIDI or unicodedata.category(character) in ("Cc", "Cs")
        for character in text
        if character not in "\n\t"
    )


@given(_SEQUENCES)
def test_no_control_character_is_left(text: str) -> None:
    assert harmless(safe(text))


@given(_SEQUENCES, st.integers(1, 40))
def test_one_line_is_one_line_of_at_most_its_length(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert harmless(line)
    assert "\n" not in line
    assert "\t" not in line
    assert len(line) <= limit


@given(_SEQUENCES)
def test_what_is_safe_stays_as_it_is(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@pytest.mark.parametrize("end", ["\x07", "\x1b\\", "\x9c"], ids=["BEL", "ST", "C1 ST"])
@pytest.mark.parametrize("start", ["\x1b]", "\x9d"], ids=["ESC", "C1"])
def test_a_clipboard_write_is_gone_with_its_payload(start: str, end: str) -> None:
    assert safe(f"before {start}52;c;cm0gLXJmIC8={end}after") == "before after"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[Hcleared", "cleared"),
        ("\x1b[31;1mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1bPqsixel\x1b\\after", "after"),
        ("\x1bcreset", "reset"),
        ("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "link"),
        ("user\u202etxt.exe", "usertxt.exe"),
        ("a\u2066b\u2069c", "abc"),
        ("half \ud83d", "half \ufffd"),
        ("one\r\ntwo\rthree\u2028four\x85five", "one\ntwo\nthree\nfour\nfive"),
        ("bell\x07 back\x08space\x7f", "bell backspace"),
    ],
)
def test_sequences_disappear_and_their_surroundings_stay(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        "Grüße, 花园, سلام, नमस्ते, שלום",
        "families 👨‍👩‍👧 and flags 🇩🇪",
        "tab\tand\nline",
        "[/] [bold]markup[/bold] stays text",
        "",
    ],
)
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert safe(text) == text


def test_one_line_joins_lines_and_says_that_it_was_cut() -> None:
    assert one_line("  one\n\n two\t three ") == "one two three"
    assert one_line("a long sentence", 8) == "a long …"


@given(
    st.text(st.characters() | st.sampled_from("\x1b\x07\x9b\u202e\u2066\u2028\ud800"), max_size=40)
)
def test_a_painted_piece_keeps_its_width_and_nothing_that_acts(piece: str) -> None:
    shown = inert(piece)
    assert cell_len(shown) == cell_len(piece)
    assert not set(shown) & {chr(code) for code in (*range(32), *range(127, 160), 0x202E, 0x2066)}
    shown.encode()
