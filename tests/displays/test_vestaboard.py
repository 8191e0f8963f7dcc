"""Fitting text to a board's flaps."""

# ruff: noqa: RUF001  # signs that look like others are what is folded

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from displays import vestaboard
from displays.vestaboard import CODES, COLUMNS, ROWS, fit


def rows(text: str) -> list[str]:
    """The rows that are not blank, without the blanks around them."""
    return [row.strip() for row in fit(text) if row.strip()]


def test_a_short_text_stands_in_the_middle() -> None:
    assert fit("Hello world") == [
        " " * 22,
        " " * 22,
        "     HELLO WORLD      ",
        " " * 22,
        " " * 22,
        " " * 22,
    ]


def test_the_codes_are_the_makers() -> None:
    line = vestaboard.codes(fit("Az 190!@#$()-+&=;:'\""))[2]

    assert line == [
        0, 1, 26, 0, 27, 35, 36, 37, 38, 39, 40, 41, 42, 44, 46, 47, 48, 49, 50, 52, 53, 0,
    ]  # fmt: skip
    assert vestaboard.codes(fit("%,./?°🟥🟧🟨🟩🟦🟪⬜⬛"))[2][4:18] == [
        54, 55, 56, 59, 60, 62, 63, 64, 65, 66, 67, 68, 69, 70,
    ]  # fmt: skip


def test_words_are_wrapped_and_not_cut() -> None:
    assert rows("a lighthouse that has fallen in love with a passing ship") == [
        "A LIGHTHOUSE THAT HAS",
        "FALLEN IN LOVE WITH A",
        "PASSING SHIP",
    ]


def test_line_breaks_are_kept_where_there_is_room() -> None:
    assert rows("first\n\nsecond\r\nthird") == ["FIRST", "SECOND", "THIRD"]


def test_where_there_is_none_the_lines_run_on() -> None:
    assert rows("\n".join("abcdefgh")) == ["A B C D E F G H"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("crème brûlée", "CREME BRULEE"),
        ("Straße, Łódź & Ærø", "STRASSE, LODZ & AERO"),
        ("“so” ‘it’ goes – on", "\"SO\" 'IT' GOES - ON"),
        ("[a] {b} <c> d_e f|g", "(A) (B) (C) D-E F/G"),
        ("five €, 3×4", "FIVE EUR, 3X4"),
        ("ﬁne ½ ①", "FINE 12 1"),
        ("a 🦋 flies", "A FLIES"),
        ("I ❤️ you", "I 🟥 YOU"),
        ("family 👨‍👩‍👧 here", "FAMILY HERE"),
        ("tab\tand\u00a0nbsp", "TAB AND NBSP"),
        ("so it goes…", "SO IT GOES..."),
        ("zero\u200bwidth", "ZEROWIDTH"),
    ],
)  # fmt: skip
def test_what_no_flap_has_is_folded_or_left_out(text: str, shown: str) -> None:
    assert rows(text) == [shown]


@pytest.mark.parametrize("text", ["", " \n ", "蝴蝶", "🦋🦋", "\x00"])
def test_what_cannot_be_shown_at_all_is_blank(text: str) -> None:
    assert vestaboard.is_blank(fit(text))


def test_a_word_longer_than_a_row_is_parted() -> None:
    assert rows("Donaudampfschifffahrtsgesellschaft") == [
        "DONAUDAMPFSCHIFFFAHRT-",
        "SGESELLSCHAFT",
    ]
    assert rows("extraordinarily/unusual-words") == ["EXTRAORDINARILY/", "UNUSUAL-WORDS"]


def test_a_text_longer_than_the_board_ends_at_a_word() -> None:
    shown = rows("the quick brown fox jumps over, the lazy dog; " * 8)

    assert len(shown) == ROWS
    assert shown[-1].endswith("...")
    assert not shown[-1].endswith((",...", ";...", " ..."))
    last = shown[-1].removesuffix("...").split()[-1]
    assert last in "THE QUICK BROWN FOX JUMPS OVER LAZY DOG"


def test_one_word_that_fills_the_board_is_cut() -> None:
    shown = rows("x" * 500)

    assert len(shown) == ROWS
    assert shown[-1] == "X" * 19 + "..."


@settings(deadline=None)
@given(st.text(max_size=400))
def test_whatever_is_written_fits(text: str) -> None:
    board = fit(text)

    assert len(board) == ROWS
    assert all(len(row) == COLUMNS for row in board)
    assert all(sign in CODES for row in board for sign in row)


WORD = st.text(alphabet="abcdefghijklmnop", min_size=1, max_size=COLUMNS)


@settings(deadline=None)
@given(st.lists(WORD, min_size=1, max_size=60))
def test_no_word_that_a_row_can_hold_is_ever_cut(words: list[str]) -> None:
    shown = " ".join(rows(" ".join(words))).removesuffix("...")

    assert [word.lower() for word in shown.split()] == words[: len(shown.split())]
