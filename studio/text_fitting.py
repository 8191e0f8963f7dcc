"""How large a text can be on a tile: known before it is rendered, because the font is monospaced.

A tile is 16:9, and its type is measured in hundredths of its width, so that one answer holds for a
phone and for a wall. The sizes are those of static/css/fit.css, largest first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from typing import NamedTuple
from unicodedata import category, east_asian_width

SIZES = (16.0, 13.0, 10.5, 8.6, 7.0, 5.8, 4.8, 4.0, 3.4, 2.9, 2.5, 2.1, 1.8, 1.5)
LAST = len(SIZES)
LINE_HEIGHT = 1.3
ADVANCE = 0.612  # of an em: Space Mono; the fallback fonts are a little narrower
WIDTH = 90.0  # of the tile's 100
HEIGHT = 42.0  # of its 56.25: without the margins and the label strip
TALL_HEIGHT = 66.0  # of the 83.3 of a cell of 6:5, the widest that counts as tall
HIGH_HEIGHT = 112.0  # of the 133.3 of a cell of 3:4, the widest that counts as high
MAX_CHARACTERS = 4_000  # characters looked at; no size holds as many
MAX_UNBROKEN = 28  # signs; a longer word is parted: whole, it could not be read from anywhere
# A piece is a word, or one sign of a script that may break its line after any sign, or a picture.
_ANYWHERE, _PICTURE = r"\u2e80-\u9fff\uac00-\ud7af", r"\U0001f000-\U0001faff"
_PIECE = re.compile(
    rf"(\s*)([{_ANYWHERE}]|[{_PICTURE}](?:[\ufe0f\U0001f3fb-\U0001f3ff]|\u200d.)*"
    rf"|[^\s{_ANYWHERE}{_PICTURE}]+)"
)


@dataclass(frozen=True, slots=True)
class FittedText:
    step: int  # 1 = the largest size
    text: str  # shortened at a word's end where even the smallest size cannot hold it
    tall: int = 1  # the step in a cell of a wall that is nearly square, or higher than wide
    high: int = 1  # the step in a cell of a screen that stands upright


class TextPiece(NamedTuple):
    text: str
    gap: int  # cells between it and the piece before it
    width: int


def fit(text: str) -> FittedText:
    """The largest size at which the whole text can be seen, no word broken."""
    lines = _lines(text[:MAX_CHARACTERS])
    # Rows by columns: a higher tile asks for the same ones again.
    rows_of = cache(partial(_rows_of, lines))
    step = _step(lines, HEIGHT, rows_of) if len(text) <= MAX_CHARACTERS else 0
    shown = text.strip()
    if not step:
        shown = _shortened(lines, *_room(SIZES[-1], HEIGHT))
        lines = _lines(shown)
        rows_of = cache(partial(_rows_of, lines))
    tall, high = (_step(lines, height, rows_of) or LAST for height in (TALL_HEIGHT, HIGH_HEIGHT))
    return FittedText(step or LAST, shown, tall, high)


def rows(fitted: FittedText) -> list[str]:
    """As a browser would wrap it on a tile at its size; empty lines too."""
    lines = _lines(fitted.text)
    columns, _ = _room(SIZES[fitted.step - 1], HEIGHT)
    ends = _rows_of(lines, columns)
    found = [""] * ends[-1]
    for piece, end in zip(chain.from_iterable(lines), ends[1:], strict=True):
        found[end - 1] += (" " * piece.gap if found[end - 1] else "") + piece.text
    return found


def _lines(text: str) -> list[list[TextPiece]]:
    return [list(_pieces(line)) for line in text.strip().splitlines()]


def _step(
    lines: Sequence[Sequence[TextPiece]], height: float, rows_of: Callable[[int], list[int]]
) -> int:
    """The first step, from 1, whose room holds it all; 0 where none does."""
    widths = (piece.width for line in lines for piece in line)
    longest = max((width for width in widths if width <= MAX_UNBROKEN), default=0)
    for step, size in enumerate(SIZES, start=1):
        columns, rows = _room(size, height)
        breaks_a_word = longest > columns and step < LAST
        if not breaks_a_word and rows_of(columns)[-1] <= rows:
            return step
    return 0


def _room(size: float, height: float) -> tuple[int, int]:
    return int(WIDTH / (ADVANCE * size)), int(height / (LINE_HEIGHT * size))


def _pieces(line: str) -> Iterator[TextPiece]:
    for match in _PIECE.finditer(line.strip()):
        yield TextPiece(match[2], 1 if match[1] else 0, _width(match[2]))


def _width(piece: str) -> int:
    if piece.isascii() and piece.isprintable():
        return len(piece)
    picture = "\U0001f000" <= piece[0] <= "\U0001faff"
    return 2 if picture else sum(map(_cells, piece))


def _cells(sign: str) -> int:
    if category(sign) in {"Mn", "Me", "Cf", "Cc"}:
        return 0
    return 2 if east_asian_width(sign) in {"W", "F"} else 1


def _rows_of(lines: Sequence[Sequence[TextPiece]], columns: int) -> list[int]:
    """The row each piece ends on, from 1, as a browser would wrap them; empty lines count too."""
    row, found = 0, [0]
    for line in lines:
        row, used = row + 1, 0
        for piece in line:
            if used and used + piece.gap + piece.width > columns:
                row, used = row + 1, 0
            used += (piece.gap if used else 0) + piece.width
            row, used = row + max(0, used - 1) // columns, (used - 1) % columns + 1 if used else 0
            found.append(row)
    return found


def _shortened(lines: Sequence[Sequence[TextPiece]], columns: int, rows: int) -> str:
    """As many whole words as there is room for, and a sign that there were more."""
    ends = _rows_of(lines, columns)[1:]
    # One piece less than there is room for: that is where the sign goes.
    room = max(1, sum(1 for end in ends if end <= rows) - 1)
    kept = []
    for line in lines:
        words = "".join(" " * piece.gap + piece.text for piece in line[:room])
        kept.append(words.strip())
        room -= len(line)
        if room <= 0:
            break
    return "\n".join(kept).strip() + " …"
