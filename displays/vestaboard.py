"""What a Vestaboard can show: rows of flaps, each with one of some seventy signs.

The first model has 6 rows of 22. A Note has 3 of 15, and several Notes that are joined in the maker's app
are one board of as many rows and columns as they have together.

Pure: text in, rows or codes out. The codes are those of the maker's documentation.
"""

# ruff: noqa: RUF001  # signs that look like others are what the tables are about

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

NOTE_ROWS, NOTE_COLUMNS = 3, 15
MAX_NOTES = 8  # in a row, and on top of each other
FLAPS_SECONDS = 4.0  # until the last flap has come to rest
WORD_SECONDS = 0.4  # capitals, from across a room
BLANK = 0
MORE = "..."  # at the end of what was shortened

CODES = {
    " ": BLANK,
    **{chr(ord("A") + n): 1 + n for n in range(26)},
    **{digit: 27 + n for n, digit in enumerate("1234567890")},
    **dict(zip("!@#$()", range(37, 43), strict=True)),
    "-": 44,
    "+": 46,
    "&": 47,
    "=": 48,
    ";": 49,
    ":": 50,
    "'": 52,
    '"': 53,
    "%": 54,
    ",": 55,
    ".": 56,
    "/": 59,
    "?": 60,
    "°": 62,
    # Plain colours, by the squares that people type for them
    "🟥": 63,
    "🟧": 64,
    "🟨": 65,
    "🟩": 66,
    "🟦": 67,
    "🟪": 68,
    "⬜": 69,
    "⬛": 70,
}
# A Note has a heart where the others have the sign for degrees.
NOTE_CODES = {sign: code for sign, code in CODES.items() if sign != "°"} | {"❤": 62}
_HEARTS = "❤♥♡💗💖💙💚💛💜🧡🖤"
# What no decomposition leads to; a part that has no flap is left out.
_INSTEAD = {
    **dict.fromkeys("‘’‚‛′`´ʼ＇", "'"),
    **dict.fromkeys("“”„‟″«»‹›", '"'),
    **dict.fromkeys("‐‑‒–—―−~_•·", "-"),
    **dict.fromkeys("[{<", "("),
    **dict.fromkeys("]}>", ")"),
    **dict.fromkeys("|\\", "/"),
    **dict.fromkeys(f"{_HEARTS}🔴🌹", "🟥"),
    "🟠": "🟧", "🟡": "🟨", "🟢": "🟩", "🔵": "🟦", "🟣": "🟪", "⚪": "⬜", "⚫": "⬛",
    "Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ẞ": "SS",
    "€": "EUR", "£": "GBP", "¥": "YEN", "©": "(C)", "®": "(R)", "×": "X", "÷": "/", "º": "°",
    "İ": "I",
}  # fmt: skip
# Greek and Cyrillic, letter by letter, as English writes their names; what is not here is left out.
_GREEK = "A V G D E Z I TH I K L M N X O P R S T Y F CH PS O"
_CYRILLIC = (
    "A B V G D E ZH Z I Y K L M N O P R S T U F KH TS CH SH SHCH - Y - E YU YA"  # - is no sound
)
_LETTERS = {
    **dict(zip("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", _GREEK.split(), strict=True)),
    **dict(zip("АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", _CYRILLIC.split(), strict=True)),
    "Ъ": "", "Ь": "", "Ё": "YO", "Ђ": "DJ", "Є": "YE", "І": "I", "Ї": "YI", "Ј": "J", "Љ": "LJ", "Њ": "NJ",
    "Ћ": "C", "Џ": "DZ", "Ґ": "G",
}  # fmt: skip
_INSTEAD |= _LETTERS


_INSTEAD_ON_NOTES = _INSTEAD | dict.fromkeys(_HEARTS, "❤") | {"°": "", "º": ""}


@dataclass(frozen=True, slots=True)
class BoardSize:
    """How many rows of how many flaps: 6 of 22, or those of one Note or several."""

    rows: int
    columns: int

    @classmethod
    def parse(cls, text: str) -> BoardSize:
        """A size such as 3x15. Raises ValueError where no board has it."""
        if not re.fullmatch(r"\d{1,3}x\d{1,3}", text, re.ASCII):
            raise ValueError(f"no size of a board: {text[:20]}")
        size = cls(*map(int, text.split("x")))
        if size != FLAGSHIP and not size.is_made_of_notes:
            raise ValueError(f"no size of a board: {text[:20]}")
        return size

    @classmethod
    def of_notes(cls, across: int, down: int) -> BoardSize:
        return cls(down * NOTE_ROWS, across * NOTE_COLUMNS)

    def __str__(self) -> str:
        return f"{self.rows}x{self.columns}"

    @property
    def notes(self) -> tuple[int, int]:
        """How many Notes stand side by side, and on top of each other."""
        return self.columns // NOTE_COLUMNS, self.rows // NOTE_ROWS

    @property
    def is_made_of_notes(self) -> bool:
        whole = self.columns % NOTE_COLUMNS == 0 and self.rows % NOTE_ROWS == 0
        return whole and all(1 <= count <= MAX_NOTES for count in self.notes)

    @property
    def name(self) -> str:
        """In words, for a list to pick from."""
        if self == FLAGSHIP:
            made = "Vestaboard"
        elif self == NOTE:
            made = "Vestaboard Note"
        else:
            across, down = self.notes
            made = gettext("%(count)d Notes, %(across)d wide and %(down)d high") % {
                "count": across * down,
                "across": across,
                "down": down,
            }
        return gettext("%(made)s: %(rows)d rows of %(columns)d") % {
            "made": made,
            "rows": self.rows,
            "columns": self.columns,
        }

    @property
    def codes(self) -> Mapping[str, int]:
        return NOTE_CODES if self.is_made_of_notes else CODES


FLAGSHIP = BoardSize(6, 22)
NOTE = BoardSize.of_notes(1, 1)
OFFERED = (FLAGSHIP, *(BoardSize.of_notes(a, d) for d in range(1, 5) for a in range(1, 5)))


def fit(text: str, size: BoardSize) -> list[str]:
    """The text as rows of signs, centred; nothing but blanks where nothing can be shown.

    Its own line breaks are kept where there is room for them. Words are cut only where they are
    longer than a row; a text that is longer than the board ends at a word, with `...`.
    """
    lines = [line for line in (_folded(line, size) for line in text.splitlines()) if line]
    rows = [row for line in lines for row in _wrapped(line, size.columns)]
    if len(rows) > size.rows:
        rows = list(_wrapped(" ".join(lines), size.columns))
    if len(rows) > size.rows:
        rows = _shortened(" ".join(lines), size)
    above = (size.rows - len(rows)) // 2
    blank = " " * size.columns
    placed = [blank] * above + [row.center(size.columns) for row in rows]
    return placed + [blank] * (size.rows - len(placed))


def reading_seconds(rows: Sequence[str]) -> float:
    """How long the flaps turn, and then people read."""
    return FLAPS_SECONDS + WORD_SECONDS * len(" ".join(rows).split())


def codes(rows: Sequence[str], size: BoardSize) -> list[list[int]]:
    return [[size.codes[sign] for sign in row] for row in rows]


def is_blank(rows: Sequence[str]) -> bool:
    return not any(row.strip() for row in rows)


def _folded(line: str, size: BoardSize) -> str:
    """In capitals, without accents, and without what no flap has."""
    plain = "".join(_signs(line.replace("ß", "ss").replace("…", MORE), size))
    return " ".join(plain.split())


def _signs(line: str, size: BoardSize) -> Iterator[str]:
    instead = _INSTEAD_ON_NOTES if size.is_made_of_notes else _INSTEAD
    for sign in line.upper():
        if sign in size.codes:
            yield sign
        elif sign in instead:
            yield instead[sign]
        elif sign.isspace():
            yield " "
        else:
            parts = unicodedata.normalize("NFKD", sign).upper()
            yield "".join(part if part in size.codes else _LETTERS.get(part, "") for part in parts)


def _wrapped(line: str, columns: int) -> Iterator[str]:
    """Rows that are full of whole words."""
    row = ""
    for word in _words(line, columns):
        if row and len(row) + 1 + len(word) > columns:
            yield row
            row = word
        else:
            row = f"{row} {word}".lstrip()
    if row:
        yield row


def _words(line: str, columns: int) -> Iterator[str]:
    """The words; one that no row can hold comes in pieces."""
    for word in line.split():
        while len(word) > columns:
            piece = word[: columns - 1]
            # Better after a hyphen or a slash of its own than in the middle.
            own = max(piece.rfind("-"), piece.rfind("/"))
            if own > columns // 2:
                yield word[: own + 1]
                word = word[own + 1 :]
            else:
                yield f"{piece}-"
                word = word[columns - 1 :]
        yield word


def _shortened(line: str, size: BoardSize) -> list[str]:
    """As many whole words as there is room for, and the sign that there are more."""
    words = line.split()
    low, high = 0, len(words)  # so many words fit without the sign, so many do not
    while high - low > 1:
        middle = (low + high) // 2
        if len(list(_wrapped(" ".join(words[:middle]), size.columns))) <= size.rows:
            low = middle
        else:
            high = middle
    for count in range(low, 0, -1):
        text = re.sub(r"[ ,;:.\-/=+&(]+$", "", " ".join(words[:count]))
        *_, last = text.split() or [""]
        # The sign is not parted from its word, nor the word for it: else it is a word of its own.
        with_room = not size.columns - len(MORE) < len(last) <= size.columns
        rows = list(_wrapped(f"{text}{MORE if with_room else f' {MORE}'}", size.columns))
        if len(rows) <= size.rows:
            return rows
    rows = list(_wrapped(line, size.columns))[: size.rows]  # one word that fills the board
    return [*rows[:-1], rows[-1][: size.columns - len(MORE)] + MORE]
