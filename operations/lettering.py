"""Texts as pictures: shrunk, wrapped and in the end cut until they fit.

A text of any length is cut first, and a word that is wider than a line is broken, so that no text takes
long. Each letter is drawn with the first font that has it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

MAX_CHARACTERS = 600
ELLIPSIS = "…"
LINE_SHARE = 1.25  # of the size of the letters
STROKE_SHARE = 1 / 14
MIN_SIZE = 8  # pixels
NOWHERE = "\U0010fffe"  # a letter that no font has
SYSTEM_FONTS = Path("/usr/share/fonts")
FONT_SUFFIXES = {".ttf", ".otf", ".ttc", ".woff2"}
MAX_FONTS = 200
# Between these, lines may be broken without a space.
_UNSPACED = "\u0e00-\u0e7f\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_PIECE = re.compile(rf"\n|\s+|[{_UNSPACED}]|[^\s{_UNSPACED}]+")


class Faces:
    """The fonts of a list in one size; each is loaded when it is first asked for."""

    def __init__(self, paths: Sequence[Path | None], size: int) -> None:
        self._paths, self._size = paths, size

    def __getitem__(self, place: int) -> Any:
        return _font(self._paths[place], self._size)


class FontList:
    """Fonts in the order in which they are asked for a letter; Pillow's own is the last one."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = (*paths, None)

    def at(self, size: int) -> Faces:
        return Faces(self._paths, size)

    def runs(self, text: str) -> Iterator[tuple[int, str]]:
        """The parts of a text that one font draws, by the font's place."""
        begin, latest = 0, -1
        for at, letter in enumerate(text):
            joins = unicodedata.combining(letter) or letter in " \u200d\ufe0f"
            font = latest if joins and latest >= 0 else self._font_of(letter, latest)
            if at and font != latest:
                yield latest, text[begin:at]
                begin = at
            latest = font
        if text:
            yield latest, text[begin:]

    def _font_of(self, letter: str, latest: int) -> int:
        if latest >= 0 and self._has(latest, letter):
            return latest
        if letter not in self._first:
            places = range(len(self._paths))
            self._first[letter] = next((at for at in places if self._has(at, letter)), 0)
        return self._first[letter]

    @cached_property
    def _first(self) -> dict[str, int]:
        return {}

    @cached_property
    def _known(self) -> dict[tuple[int, str], bool]:
        return {}

    def _has(self, place: int, letter: str) -> bool:
        key = place, letter
        if key not in self._known:
            font = self.at(16)[place]
            drawn, missing = (bytes(font.getmask(one)) for one in (letter, NOWHERE))
            self._known[key] = drawn != missing
        return self._known[key]


@lru_cache(maxsize=1024)
def _font(path: Path | None, size: int) -> Any:
    return ImageFont.load_default(size) if path is None else ImageFont.truetype(str(path), size)


def usable_fonts(paths: Sequence[Path]) -> list[Path]:
    """Those that can be read, in their order; folders stand for the fonts in them. Behind them come the
    fonts of the system."""
    found: list[Path] = []
    for path in (*paths, SYSTEM_FONTS):
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [one for one in inside if one.suffix.lower() in FONT_SUFFIXES and one.is_file()]
    return list(islice(filter(_is_readable, dict.fromkeys(found)), MAX_FONTS))


def _is_readable(path: Path) -> bool:
    try:
        _font(path, 16)
    except (OSError, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class FittedLettering:
    lines: list[str]
    size: int  # of the letters, in pixels
    is_cut: bool

    @property
    def height(self) -> int:
        return round(len(self.lines) * self.size * LINE_SHARE) + 2 * stroke_of(self.size)


def stroke_of(size: int) -> int:
    return max(1, round(size * STROKE_SHARE))


def clean_text(text: str) -> str:
    """Without what cannot be seen, and not longer than anybody reads."""
    kept = "".join(one for one in text if one == "\n" or unicodedata.category(one) != "Cc")
    kept = re.sub(r"[^\S\n]+", " ", kept).strip()
    return kept if len(kept) <= MAX_CHARACTERS else kept[: MAX_CHARACTERS - 1].rstrip() + ELLIPSIS


def fit_text(text: str, fonts: FontList, width: int, height: int, largest: int) -> FittedLettering:
    """The text as large as it fits, from `largest` pixels down; cut where it does not fit at all."""
    cleaned = clean_text(text)
    is_cut = cleaned.endswith(ELLIPSIS) and not text.rstrip().endswith(ELLIPSIS)

    def fitted(size: int) -> FittedLettering:
        lines = wrapped(cleaned, _Ruler(fonts, size), width - 2 * stroke_of(size))
        return FittedLettering(lines, size, is_cut)

    sizes = _sizes(largest)
    place = bisect_left(sizes, True, key=lambda size: fitted(size).height <= height)
    if place < len(sizes):
        return fitted(sizes[place])
    return _cut(fitted(sizes[-1]), _Ruler(fonts, sizes[-1]), width, height)


def _sizes(largest: int) -> list[int]:
    """From the largest down to a third of it, each a twentieth smaller."""
    smallest = max(MIN_SIZE, largest // 3)
    sizes = [max(smallest, largest)]
    while sizes[-1] > smallest:
        sizes.append(max(smallest, min(sizes[-1] - 1, sizes[-1] * 19 // 20)))
    return sizes


def _cut(fitted: FittedLettering, ruler: _Ruler, width: int, height: int) -> FittedLettering:
    size = fitted.size
    room = max(1, int((height - 2 * stroke_of(size)) / (size * LINE_SHARE)))
    lines = fitted.lines[:room]
    last = lines[-1].rstrip(ELLIPSIS + " ")
    while last and ruler.width(last + ELLIPSIS) > width - 2 * stroke_of(size):
        last = last[:-1].rstrip()
    return FittedLettering([*lines[:-1], last + ELLIPSIS], size, is_cut=True)


class _Ruler:
    """How wide texts are in one size."""

    def __init__(self, fonts: FontList, size: int) -> None:
        self._fonts, self._faces = fonts, fonts.at(size)
        self._pieces: dict[str, float] = {}

    def width(self, text: str) -> float:
        widths = (self._faces[font].getlength(part) for font, part in self._fonts.runs(text))
        return float(sum(widths))

    def piece_width(self, piece: str) -> float:
        """Of a word, a space, or a sign of a script without spaces: most come again and again."""
        if piece not in self._pieces:
            self._pieces[piece] = self.width(piece)
        return self._pieces[piece]


def wrapped(text: str, ruler: _Ruler, width: float) -> list[str]:
    lines: list[str] = []
    line, used = "", 0.0
    for piece in _PIECE.findall(text):
        if piece == "\n":
            lines.append(line.rstrip())
            line, used = "", 0.0
        elif (
            piece.isspace()
        ):  # at the end of a line it takes no room, and at the beginning there is none
            used += ruler.piece_width(piece) if line else 0.0
            line += piece if line else ""
        elif used + ruler.piece_width(piece) <= width:
            line, used = line + piece, used + ruler.piece_width(piece)
        else:
            if line.rstrip():
                lines.append(line.rstrip())
            *broken, line = _broken(piece, ruler, width)
            used = ruler.piece_width(line)
            lines += broken
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _broken(word: str, ruler: _Ruler, width: float) -> list[str]:
    """A word in parts that fit in a line, but for one letter that does not fit anyway."""
    parts: list[str] = []
    while ruler.width(word) > width and len(word) > 1:
        low, high = 1, len(word) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if ruler.width(word[:middle]) <= width else (low, middle - 1)
        parts.append(word[:low])
        word = word[low:]
    return [*parts, word]


def draw_text(fitted: FittedLettering, fonts: FontList, width: int) -> Image.Image:
    """White letters with a dark edge on nothing, each line in the middle."""
    faces, stroke = fonts.at(fitted.size), stroke_of(fitted.size)
    image = Image.new("RGBA", (width, max(1, fitted.height)), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    ruler = _Ruler(fonts, fitted.size)
    base = stroke + round(fitted.size * (LINE_SHARE + 0.7) / 2)
    for number, line in enumerate(fitted.lines):
        x = (width - ruler.width(line)) / 2
        y = base + round(number * fitted.size * LINE_SHARE)
        for font, part in fonts.runs(line):
            draw.text(
                (x, y),
                part,
                (255, 255, 255, 255),
                faces[font],
                anchor="ls",
                stroke_width=stroke,
                stroke_fill=(0, 0, 0, 220),
            )
            x += faces[font].getlength(part)
    return image
