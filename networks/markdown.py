"""Markdown from people and from models, made safe: nothing in it can run, load or submit.

`page(text)`  whole: headings, lists, links, for a page's column
`tile(text)`  only its words, with emphasis: for a tile, where every sign has a place
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

MOST = 20_000  # characters looked at
# No pictures: they would be fetched from elsewhere. h1 is the page's own.
TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_reader = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)


@dataclass(frozen=True, slots=True)
class Words:
    """A text without its marks, and the same with emphasis as HTML: equal lines, equal signs."""

    plain: str
    marked: SafeString


def page(text: str) -> SafeString:
    cleaned = nh3.clean(
        _reader.render(text[:MOST]),
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(cleaned)  # noqa: S308 - it has just been cleaned


def tile(text: str) -> Words:
    """One line per block; a list item keeps a dot or its number."""
    lines: list[tuple[str, str]] = []
    counters: list[int | None] = []  # of the lists we are in; None = without numbers
    lead = ""
    for token in _reader.parse(text[:MOST]):
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
                plain, marked = _inline(token.children or [])
                lines.append((lead + plain, escape(lead) + marked))
                lead = ""
            case "fence" | "code_block":
                lines.append((token.content.strip(), escape(token.content.strip())))
    plain_text = "\n".join(plain for plain, _ in lines).strip()
    marked_text = "\n".join(marked for _, marked in lines).strip()
    return Words(plain_text, mark_safe(marked_text))  # noqa: S308 - built from escaped pieces


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
    plain, marked = [], []
    for token in tokens:
        words = "\n" if token.type in {"softbreak", "hardbreak"} else token.content
        plain.append(words)
        marked.append(_EMPHASIS.get(token.type) or escape(words))
    return "".join(plain), "".join(marked)
