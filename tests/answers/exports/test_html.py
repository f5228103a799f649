"""The page shows every answer, fetches nothing and runs nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.answers.exports.job import ROWS
from wellspring_tui.answers.exports import html_parts, html_text

if TYPE_CHECKING:
    from tests.answers.exports.conftest import Written

OWN = {"a", "blockquote", "br", "code", "del", "div", "em", "hr", "li", "ol", "p", "pre", "strong"}
OWN |= {"table", "tbody", "td", "th", "thead", "tr", "ul"}
PIECES = [
    *("<b onclick=x>", "</p>", "<!--", "-->", "<http://e.org/", "<javascript:x>", "](", "![", "["),
    *(
        ")",
        ">",
        "`",
        "```html\n",
        "\n",
        "\n\n",
        "    ",
        "|-|\n",
        "|a|\n",
        "# ",
        "* ",
        "~~",
        "_",
        "&lt;",
    ),
    *("\\", '"', "'", "\ufdd0", "%EF%B7%90", "[x]: <javascript:y> 'z'\n", "http://e.org", "words"),
]
VOID = {"meta", "br", "hr", "rect"}
FETCHING = {"src", "srcset", "data", "poster", "background", "action"}


class Page(HTMLParser):
    """A page as a browser takes it: elements, ids, links, text; all must be closed in order."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[tuple[str, str | None]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(content)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert not any(name.startswith("on") or name in FETCHING for name in given), (tag, given)
        assert str(given.get("style", "text-align:left")).startswith("text-align:")
        self.tags.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.append((str(given["href"]), given.get("rel")))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        self.texts.setdefault(inside, []).append(data)


def page_of(answer: str) -> Page:
    """The HTML of one answer."""
    return Page(html_text.rendered(answer))


def test_the_page_has_every_request_in_its_section(written: Written) -> None:
    page = Page(written("html").decode())
    assert [own for own in page.ids if own[0] == "a"] == [f"a{row}" for row in range(len(ROWS))]
    assert [own for own in page.ids if own[0] == "s"] == ["s1", "s2", "s3"]
    assert page.texts["title"] == page.texts["h1"] == ["Gärten & <Wege>"]
    assert page.texts["h2"][-3:] == ["Ground", "Money & <b>", "Water"]
    assert page.texts["h3"] == ["facts", "layout", "facts", "facts", "law", "=sums", "facts"]
    assert page.texts["h4"] == ["Soil"]


def test_contents_and_table_lead_to_what_is_there(written: Written) -> None:
    page = Page(written("html").decode())
    inner = [href.removeprefix("#") for href, _ in page.links if href.startswith("#")]
    assert set(inner) == set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_outcomes_have_a_sign_and_a_word(written: Written) -> None:
    content = written("html").decode()
    for colour, sign, word in (
        ("good", "●", "Answered"),
        ("warn", "◐", "Truncated"),
        ("warn", "■", "Refused"),
        ("bad", "×", "Failed"),
        ("warn", "○", "Missing"),
    ):
        assert f'<span class="{colour}">{sign} {word}</span>' in content
    assert "batch_expired: It could not be executed in time.</p>" in content


def test_a_chart_and_a_table_tell_tokens_by_section(written: Written) -> None:
    page = Page(written("html").decode())
    assert page.tags.count("rect") == 6
    assert page.texts["text"] == ["Ground", "45", "Money & <b>", "30", "Water", "0"]
    assert "75" in page.texts["td"]


def test_nothing_is_fetched_and_nothing_runs(written: Written) -> None:
    content = written("html", prompts=True).decode()
    assert "default-src 'none'; style-src 'unsafe-inline'" in content
    assert {"script", "img", "link", "iframe", "object", "form"} & set(Page(content).tags) == set()
    style = re.search("<style>(.*)</style>", content, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert "prefers-color-scheme: dark" in style[1]
    assert "@media print" in style[1]
    assert "\x1b" not in content


def test_prompts_fold_out_when_asked_for(written: Written) -> None:
    assert b"<details>" not in written("html")
    page = Page(written("html", prompts=True).decode())
    assert page.tags.count("details") == len(ROWS)
    assert "Which soil?\n```\nopen" in page.texts["pre"]


@pytest.mark.parametrize(
    "answer",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '"><svg onload=alert(1)>',
        "<!-- open",
        "</article></main>",
        "`</style><script>`",
        "```html\n</pre><script>alert(1)</script>",
        '[x](http://e.org/"onmouseover="alert(1))',
        '[x](<http://e.org/a b\'"> "title\' onclick=")',
        "| <b> | </td> |\n|---|---|\n| <i> | x |",
        "&lt;script&gt; &#60;script&#62;",
    ],
)
def test_markup_in_an_answer_is_text(answer: str) -> None:
    page = page_of(answer)
    assert {"script", "img", "svg", "b", "i", "style", "article"} & set(page.tags) == set()


@given(some.lists(some.sampled_from(PIECES), max_size=25).map("".join))
def test_whatever_an_answer_is_made_of_its_markup_is_markdown(answer: str) -> None:
    page = page_of(answer)
    assert {tag for tag in page.tags if not re.fullmatch("h[4-6]", tag)} <= OWN
    assert all(href.startswith("http://e.org") for href, _ in page.links)


def test_what_looks_like_markup_is_neither_run_nor_left_out() -> None:
    page = page_of(
        "Use `<b>` or <i>x</i>.\n\n<div>\nblock\n</div>\n\n[![pic](http://e.org/p)](http://e.org/l)"
    )
    assert page.texts["code"] == ["<b>"]
    assert "".join(page.texts["p"]) == "Use  or <i>x</i>."
    assert "<div>\nblock\n</div>" in "".join(page.texts[""])
    assert page.links == [("http://e.org/l", "noopener noreferrer")]
    assert page.texts["a"] == ["pic"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//example.org/x",
        "/etc/passwd",
        "page.html",
        "ftp://example.org",
        "java&#115;cript:alert(1)",
    ],
)
def test_links_lead_to_the_web_or_nowhere(url: str) -> None:
    assert page_of(f"[x]({url}) and <{url}> and ![y]({url})").links == []


def test_harmless_links_tell_nothing_of_where_they_were(written: Written) -> None:
    page = page_of(
        "[x](http://e.org/?a=1&b=2) <https://e.org> [m](mailto:me@e.org) ![a *map*](https://e.org/p)"
    )
    assert page.links == [
        ("http://e.org/?a=1&b=2", "noopener noreferrer"),
        ("https://e.org", "noopener noreferrer"),
        ("mailto:me@e.org", "noopener noreferrer"),
        ("https://e.org/p", "noopener noreferrer"),
    ]
    assert page.texts["a"] == ["x", "https://e.org", "m", "a map"]


def test_markdown_is_shown_as_what_it_means() -> None:
    page = page_of(
        "# Deep\n\n###### Deeper\n\n- a **b**\n\n~~c~~\n\n| d | e |\n|---|--:|\n| f | g |"
    )
    assert page.texts["h4"] == ["Deep"]
    assert page.texts["h6"] == ["Deeper"]
    assert {"ul", "li", "strong", "del", "table", "th", "td"} <= set(page.tags)


def test_an_endless_answer_is_shown_as_it_is() -> None:
    page = page_of("**a** <b>\n" * 50_000)
    assert page.tags == ["pre"]


def test_a_large_job_is_charted_and_listed_by_its_sections_alone(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html_parts, "_LISTED_PROMPTS", 6)
    monkeypatch.setattr(html_parts, "_CHARTED_SECTIONS", 1)
    content = written("html").decode()
    page = Page(content)
    assert [href for href, _ in page.links if href.startswith("#a")] == []
    assert page.texts["text"] == ["Ground", "45"]
    assert "the 1 largest of 3 sections" in content
