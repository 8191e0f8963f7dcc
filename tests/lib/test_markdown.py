"""Markdown made safe, and its words for tiles."""

from __future__ import annotations

from html import unescape

import pytest
from django.utils.html import strip_tags

from lib import markdown

NASTY = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,AAAA)",
    "![x](https://example.org/track.png)",
    "<iframe src='https://example.org'></iframe>",
    "<form action=/account/><button>go</button></form>",
    '<a href="/x" onclick="alert(1)" style="position:fixed">x</a>',
    "<style>body{display:none}</style>",
    "&lt;script&gt;",
    "**bold <script>alert(1)</script>**",
]


@pytest.mark.parametrize("text", NASTY)
def test_nothing_nasty_comes_through(text: str) -> None:
    for html in (markdown.render_page(text), markdown.render_tile(text).html):
        bare = unescape(html)
        assert "<script" not in html
        assert "<img" not in html
        assert "<form" not in html
        assert 'href="javascript' not in bare
        assert 'href="data' not in bare
        assert "src=" not in html.replace("&lt;", "<").split("<")[0]


def test_links_lead_away_without_saying_where_from() -> None:
    html = markdown.render_page("[there](https://example.org)")

    assert 'href="https://example.org"' in html
    assert "noreferrer" in html


def test_a_tile_has_words_and_no_marks() -> None:
    found = markdown.render_tile(
        "# Title\n\nSome *soft* and **loud** words.\n\n- one\n- two\n\n1. first\n2. second"
    )

    assert found.plain == ("Title\nSome soft and loud words.\n· one\n· two\n1. first\n2. second")
    assert "<em>soft</em> and <strong>loud</strong>" in found.html


@pytest.mark.parametrize(
    "text",
    ["plain", "a & b < c", "**x**\n\ny", "```\ncode <b>\n```", "> quoted\n> more", "", "  \n "],
)
def test_the_marked_words_are_the_plain_words(text: str) -> None:
    found = markdown.render_tile(text)

    assert unescape(strip_tags(found.html)) == found.plain or "<" in found.plain


@pytest.mark.parametrize(
    "form", ["{}a b", "{} a b", "a{}b", "a {} b", "a b{}", "a b {}", "1{} a", "{0}{0}{0}"]
)
def test_a_plain_line_is_what_the_parser_makes_of_it(form: str) -> None:
    codes = (*range(0x180), *range(0x2000, 0x2070), 0x3000, 0xFEFF, 0x1F600)
    texts = [form.format(chr(code)) for code in codes]

    assert [
        text for text in texts if markdown.render_tile(text) != markdown._parsed_tile(text)
    ] == []


@pytest.mark.parametrize(
    "text", ["   7. a", "     7) a", "    a", "7 a.", "a 7. b", "a\u3000", "", "  "]
)
def test_a_plain_line_may_begin_with_spaces_and_numbers(text: str) -> None:
    assert markdown.render_tile(text) == markdown._parsed_tile(text)
