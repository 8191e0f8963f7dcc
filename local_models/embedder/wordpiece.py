"""From a text to the numbers of its word pieces, as BERT's uncased vocabulary cuts it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

UNKNOWN, BEGIN, END = "[UNK]", "[CLS]", "[SEP]"
MAX_WORD = 100  # characters; a longer one is unknown
# The blocks of signs that are words by themselves.
IDEOGRAPHS = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


class WordPieces:
    """The vocabulary: one piece a line, its number that of the line."""

    def __init__(self, path: Path) -> None:
        pieces = path.read_text(encoding="utf-8").split("\n")
        self._numbers = {piece: number for number, piece in enumerate(pieces) if piece}
        self.begin, self.end = self._numbers[BEGIN], self._numbers[END]
        self._pieces_of_word = lru_cache(maxsize=8192)(self._cut)

    def numbers(self, text: str) -> list[int]:
        """Of the whole text, however long; without beginning and end."""
        return [number for word in _words(text) for number in self._pieces_of_word(word)]

    def _cut(self, word: str) -> tuple[int, ...]:
        """The longest pieces from the left; the whole word is unknown where one is missing."""
        unknown = (self._numbers[UNKNOWN],)
        if len(word) > MAX_WORD:
            return unknown
        found: list[int] = []
        start = 0
        while start < len(word):
            ends = range(len(word), start, -1)
            prefix = "##" if start else ""
            end = next((at for at in ends if prefix + word[start:at] in self._numbers), None)
            if end is None:
                return unknown
            found.append(self._numbers[prefix + word[start:end]])
            start = end
        return tuple(found)


def _words(text: str) -> Iterator[str]:
    """Lower case, without accents, split at space; each mark and each ideograph a word of its own."""
    word: list[str] = []
    for sign in unicodedata.normalize("NFD", text.lower()):
        kind = unicodedata.category(sign)
        if kind == "Mn" or (kind.startswith("C") and not sign.isspace()):
            continue
        alone = kind.startswith("P") or _is_ascii_mark(sign) or _is_ideograph(sign)
        if not (alone or sign.isspace()):
            word.append(sign)
            continue
        if word:
            yield "".join(word)
            word = []
        if alone:
            yield sign
    if word:
        yield "".join(word)


def _is_ascii_mark(sign: str) -> bool:
    return sign.isascii() and not sign.isalnum() and not sign.isspace()


def _is_ideograph(sign: str) -> bool:
    return any(first <= ord(sign) <= last for first, last in IDEOGRAPHS)
