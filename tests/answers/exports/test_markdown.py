"""The document keeps its outline whatever stands in the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from wellspring_tui.answers.exports.as_markdown import embedded, escaped

if TYPE_CHECKING:
    from tests.answers.exports.conftest import Written


def outline(document: str) -> list[tuple[int, str]]:
    """The headings of a document, as a Markdown reader sees them."""
    tokens = MarkdownIt("commonmark").parse(document)
    return [
        (int(token.tag[1]), "".join(part.content for part in tokens[at + 1].children or ()))
        for at, token in enumerate(tokens)
        if token.type == "heading_open"
    ]


def test_sections_and_prompts_are_the_outline_and_answers_stand_below(written: Written) -> None:
    assert outline(written("markdown").decode()) == [
        (1, "Gärten & <Wege>"),
        (2, "Ground"),
        (3, "facts"),
        (4, "Soil"),
        (3, "layout"),
        (3, "facts"),
        (2, "Money & <b>"),
        (3, "facts"),
        (3, "law"),
        (3, "=sums"),
        (2, "Water"),
        (3, "facts"),
    ]


def test_contents_lead_to_every_section(written: Written) -> None:
    document = written("markdown").decode()
    assert "1. [Ground](#s1) (3 prompts)\n" in document
    assert "3. [Water](#s3) (1 prompt)\n" in document
    assert [f'<a id="s{number}"></a>\n\n## ' in document for number in (1, 2, 3)] == [True] * 3


def test_each_answer_is_told_with_its_outcome(written: Written) -> None:
    document = written("markdown").decode()
    facts = "*Answered · gpt-4o-mini-2024-07-18 · 10 tokens in, 5 out · $0.000000 · soil*"
    assert facts in document
    assert "*Truncated · " in document
    assert "cost unknown · map*" in document
    assert "*Refused · " in document
    assert "**Failed:** batch\\_expired: It could not be executed in time.\n" in document
    assert "**Missing:** the service gave no answer.\n" in document
    assert "- Answered by: SmolLM2 on this machine\n" in document
    assert "- Answers: 5 answered, 1 failed, 1 missing, 1 truncated, 1 refused\n" in document
    assert "\x1b" not in document


def test_prompts_are_quoted_when_asked_for(written: Written) -> None:
    assert "Which soil?" not in written("markdown").decode()
    with_prompts = written("markdown", prompts=True).decode()
    assert "> Which soil?\n> ```\n> open\n> ```\n" in with_prompts
    assert outline(with_prompts) == outline(written("markdown").decode())


@pytest.mark.parametrize(
    "text",
    [
        "```python\n# comment",
        "~~~~\n~~~\nstill code\n# comment",
        "``` `not a fence`\n",
        "````\n```\n````python\nopen",
        "<!-- never closed",
        "   <script>\nnever closed",
        "<?php",
        "<![CDATA[",
        "<!DOCTYPE html",
        "<style>",
        "# One\n####### Not one\n###\n #Not one",
        "> quote\n> ```\n",
        "Text\n\n    indented # code",
    ],
)
def test_what_an_answer_leaves_open_ends_with_it(text: str) -> None:
    found = outline(f"{embedded(text)}\n\n### Next\n")
    assert found[-1] == (3, "Next")
    assert all(level > 3 for level, _ in found[:-1])


def test_code_stays_as_it_is() -> None:
    text = "Look:\n\n```html\n# not a heading\n<!-- kept -->\n```\n\n## Heading"
    assert embedded(text) == text.replace("## Heading", "##### Heading")


@pytest.mark.parametrize("name", ["*a* _b_ [c](d) `e` <f> # g", "1 | 2 ~x~ ![y](z) &amp; \\"])
def test_names_are_read_as_they_are(name: str) -> None:
    assert outline(f"## {escaped(name)}\n") == [(2, name)]
