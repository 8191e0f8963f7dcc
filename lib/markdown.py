"""Markdown from people and from models, made safe: nothing in it can run, load or submit.

`render_page(text)`  whole: headings, lists, links, for a page's column
`render_tile(text)`  the text with emphasis only: for a tile, where every character has a place
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_CHARACTERS = 20_000  # the rest is cut off
# No pictures: they would be fetched from elsewhere. h1 is the page's own.
TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
# One line in which nothing has a meaning in Markdown, as most models write: a tenth of the parser's time.
_PLAIN_LINE = re.compile(r"(?! *\d+[.)])[^\x00-\x1f\x7f-\xa0\u2028\u2029\\`*_{}\[\]<>#+=~|!&-]*")
_parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)


@dataclass(frozen=True, slots=True)
class TileText:
    """A text without Markdown, and the same with emphasis as HTML: equal lines, equal characters."""

    plain: str
    html: SafeString


def render_page(text: str) -> SafeString:
    cleaned = nh3.clean(
        _parser.render(text[:MAX_CHARACTERS]),
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(cleaned)  # noqa: S308 - it has just been cleaned


def render_tile(text: str) -> TileText:
    """One line per block; a list item keeps a dot or its number."""
    text = text[:MAX_CHARACTERS]
    if _PLAIN_LINE.fullmatch(text):
        plain = text.strip()
        return TileText(plain, escape(plain))
    return _parsed_tile(text)


def _parsed_tile(text: str) -> TileText:
    lines: list[tuple[str, str]] = []
    counters: list[int | None] = []  # of the lists we are in; None = without numbers
    lead = ""
    for token in _parser.parse(text):
        match token.type:
            case "bullet_list_open":
                counters.append(None)
            case "ordered_list_open":
                counters.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                counters.pop()
            case "list_item_open":
                lead = _item(counters)
            case "inline":
                plain, html = _inline(token.children or [])
                lines.append((lead + plain, escape(lead) + html))
                lead = ""
            case "fence" | "code_block":
                lines.append((token.content.strip(), escape(token.content.strip())))
    plain_text = "\n".join(plain for plain, _ in lines).strip()
    html_text = "\n".join(html for _, html in lines).strip()
    return TileText(plain_text, mark_safe(html_text))  # noqa: S308 - built from escaped pieces


def _item(counters: list[int | None]) -> str:
    number = counters[-1] if counters else None
    if number is None:
        return "· "
    counters[-1] = number + 1
    return f"{number}. "


_EMPHASIS = {
    "em_open": "<em>",
    "em_close": "</em>",
    "strong_open": "<strong>",
    "strong_close": "</strong>",
}


def _inline(tokens: Iterable[Token]) -> tuple[str, str]:
    plain, html = [], []
    for token in tokens:
        words = "\n" if token.type in {"softbreak", "hardbreak"} else token.content
        plain.append(words)
        html.append(_EMPHASIS.get(token.type) or escape(words))
    return "".join(plain), "".join(html)
