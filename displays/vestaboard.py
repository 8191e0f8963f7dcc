"""What a Vestaboard can show: 6 rows of 22 flaps, each with one of some seventy signs.

Pure: text in, rows or codes out. The codes are those of the maker's documentation.
"""

# ruff: noqa: RUF001  # signs that look like others are what the tables are about

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

ROWS, COLUMNS = 6, 22
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
# What no decomposition leads to; a part that has no flap is left out.
_INSTEAD = {
    **dict.fromkeys("‘’‚‛′`´ʼ＇", "'"),
    **dict.fromkeys("“”„‟″«»‹›", '"'),
    **dict.fromkeys("‐‑‒–—―−~_•·", "-"),
    **dict.fromkeys("[{<", "("),
    **dict.fromkeys("]}>", ")"),
    **dict.fromkeys("|\\", "/"),
    **dict.fromkeys("❤♥♡💗💖💙💚💛💜🧡🖤🔴🌹", "🟥"),
    "🟠": "🟧", "🟡": "🟨", "🟢": "🟩", "🔵": "🟦", "🟣": "🟪", "⚪": "⬜", "⚫": "⬛",
    "Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ẞ": "SS",
    "€": "EUR", "£": "GBP", "¥": "YEN", "©": "(C)", "®": "(R)", "×": "X", "÷": "/", "º": "°",
    "İ": "I",
}  # fmt: skip


def fit(text: str) -> list[str]:
    """The text as six rows of 22 signs, centred; nothing but blanks where nothing can be shown.

    Its own line breaks are kept where there is room for them. Words are cut only where they are
    longer than a row; a text that is longer than the board ends at a word, with `...`.
    """
    lines = [line for line in (_folded(line) for line in text.splitlines()) if line]
    rows = [row for line in lines for row in _wrapped(line)]
    if len(rows) > ROWS:
        rows = list(_wrapped(" ".join(lines)))
    if len(rows) > ROWS:
        rows = _shortened(" ".join(lines))
    above = (ROWS - len(rows)) // 2
    blank = " " * COLUMNS
    placed = [blank] * above + [row.center(COLUMNS) for row in rows]
    return placed + [blank] * (ROWS - len(placed))


def codes(rows: Sequence[str]) -> list[list[int]]:
    return [[CODES[sign] for sign in row] for row in rows]


def is_blank(rows: Sequence[str]) -> bool:
    return not any(row.strip() for row in rows)


def _folded(line: str) -> str:
    """In capitals, without accents, and without what no flap has."""
    plain = "".join(_signs(line.replace("ß", "ss").replace("…", MORE)))
    return " ".join(plain.split())


def _signs(line: str) -> Iterator[str]:
    for sign in line.upper():
        if sign in CODES:
            yield sign
        elif sign in _INSTEAD:
            yield _INSTEAD[sign]
        elif sign.isspace():
            yield " "
        else:
            parts = unicodedata.normalize("NFKD", sign).upper()
            yield "".join(part for part in parts if part in CODES)


def _wrapped(line: str) -> Iterator[str]:
    """Rows that are full of whole words."""
    row = ""
    for word in _words(line):
        if row and len(row) + 1 + len(word) > COLUMNS:
            yield row
            row = word
        else:
            row = f"{row} {word}".lstrip()
    if row:
        yield row


def _words(line: str) -> Iterator[str]:
    """The words; one that no row can hold comes in pieces."""
    for word in line.split():
        while len(word) > COLUMNS:
            piece = word[: COLUMNS - 1]
            # Better after a hyphen or a slash of its own than in the middle.
            own = max(piece.rfind("-"), piece.rfind("/"))
            if own > COLUMNS // 2:
                yield word[: own + 1]
                word = word[own + 1 :]
            else:
                yield f"{piece}-"
                word = word[COLUMNS - 1 :]
        yield word


def _shortened(line: str) -> list[str]:
    """As many whole words as there is room for, and the sign that there are more."""
    words = line.split()
    low, high = 0, len(words)  # so many words fit, so many do not
    while high - low > 1:
        middle = (low + high) // 2
        if len(list(_wrapped(_ending(words[:middle])))) <= ROWS:
            low = middle
        else:
            high = middle
    if low:
        return list(_wrapped(_ending(words[:low])))
    rows = list(_wrapped(line))[:ROWS]  # one word that fills the board
    return [*rows[:-1], rows[-1][: COLUMNS - len(MORE)] + MORE]


def _ending(words: Sequence[str]) -> str:
    return re.sub(r"[ ,;:.\-/=+&(]+$", "", " ".join(words)) + MORE
