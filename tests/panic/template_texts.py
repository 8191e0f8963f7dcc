"""What a reader sees of a template that is not marked for translation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, Token, TokenType

# Not words: names, units and signs that are the same in every language
NEUTRAL = frozenset(
    {
        "PANIC!",
        "P!",
        "UTC",
        "ms",
        "s",
        "MB",
        "px",
        "fps",
        "Hz",
        "OK",
        "QR",
        "API",
        "URL",
        "HTML",
        "&",
    }
)
SHOWN_ATTRIBUTES = ("aria-label", "title", "placeholder", "alt", "content", "aria-description")
SHOWN_DATA = re.compile(r"data-(confirm|say|text|label|question|title)")
# Blocks that hold no text: classes, attributes, elements of the head
_UNREAD_BLOCKS = ("main_class", "body_class", "main_data", "live", "theme", "number")
_UNREAD = [["block", name] for name in _UNREAD_BLOCKS]
# Values of attributes
_SWITCHES = frozenset({"yes,no", "true,false", "text"})
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_QUOTED = re.compile(r"""(_\()?(["'])(.*?)\2""")
_PASSED = re.compile(r"""\b(\w+)=(_\()?(["'])(.*?)\3""")
_SPOKEN = re.compile(r"[A-Z][a-z]|\w [\w“]|[.!?…]$")
_FALLBACK = re.compile(r"""\|(?:default|default_if_none|yesno):(["'])(.*?)\1""")
_ENGLISH_PLURAL = re.compile(r"\|pluralize")


def unmarked_texts(path: Path) -> list[str]:
    """Every visible text of the template that is not marked, in its order."""
    tokens = list(Lexer(path.read_text()).tokenize())
    reader = _Reader()
    reader.feed("".join(_shown(tokens)))
    reader.close()
    return [*reader.found, *_texts_in_tags(tokens)]


def _shown(tokens: list[Token]) -> Iterator[str]:
    """The template without its tags, its comments and what is marked in it."""
    skipped_until = ""
    for token in tokens:
        words = token.contents.split()
        name = words[0] if words else ""
        if skipped_until:
            if token.token_type is TokenType.BLOCK and name == skipped_until:
                skipped_until = ""
        elif token.token_type is TokenType.TEXT:
            yield token.contents
        elif token.token_type is TokenType.BLOCK and (
            name in ("blocktranslate", "comment") or words[:2] in _UNREAD
        ):
            skipped_until = f"end{name}"


def _texts_in_tags(tokens: list[Token]) -> Iterator[str]:
    """Literal texts that tags hand on to other templates, or show in the place of nothing."""
    for token in tokens:
        if token.token_type not in (TokenType.BLOCK, TokenType.VAR):
            continue
        if _ENGLISH_PLURAL.search(token.contents):
            yield token.contents
        yield from (
            text
            for _, text in _FALLBACK.findall(token.contents)
            if _LETTERS.search(text) and text not in _SWITCHES
        )
        if token.contents.startswith(("include ", "with ")):
            for _, marked, _, text in _PASSED.findall(token.contents):
                if not marked and _SPOKEN.search(text):
                    yield text
        if token.contents.startswith("firstof "):
            yield from (
                text
                for marked, _, text in _QUOTED.findall(token.contents)
                if not marked and _LETTERS.search(text)
            )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "code", "kbd"):
            self._inside.append(tag)
        given = dict(attrs)
        for name, value in attrs:
            shown = name in SHOWN_ATTRIBUTES or bool(SHOWN_DATA.match(name))
            if name == "content" and given.get("name") != "description":
                shown = False
            if value and (shown or (name == "value" and given.get("type") == "submit")):
                self._note(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            self._inside.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self._note(data)

    def _note(self, text: str) -> None:
        words = [word for word in text.split() if word.strip("·.,:;()[]“”…") not in NEUTRAL]
        if _LETTERS.search(" ".join(words)):
            self.found.append(" ".join(text.split()))
