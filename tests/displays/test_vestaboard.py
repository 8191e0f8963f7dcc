"""Fitting text to a board's flaps."""

# ruff: noqa: RUF001  # signs that look like others are what is folded

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from displays import vestaboard
from displays.vestaboard import FLAGSHIP, NOTE, OFFERED, BoardSize

ROWS, COLUMNS = 6, 22
SIZES = [*OFFERED, BoardSize.of_notes(8, 8)]


def fit(text: str, size: BoardSize = FLAGSHIP) -> list[str]:
    return vestaboard.fit(text, size)


def codes(text: str) -> list[list[int]]:
    return vestaboard.codes(fit(text), FLAGSHIP)


def rows(text: str, size: BoardSize = FLAGSHIP) -> list[str]:
    """The rows that are not blank, without the blanks around them."""
    return [row.strip() for row in fit(text, size) if row.strip()]


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
    line = codes("Az 190!@#$()-+&=;:'\"")[2]

    assert line == [
        0, 1, 26, 0, 27, 35, 36, 37, 38, 39, 40, 41, 42, 44, 46, 47, 48, 49, 50, 52, 53, 0,
    ]  # fmt: skip
    assert codes("%,./?°🟥🟧🟨🟩🟦🟪⬜⬛")[2][4:18] == [
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


@given(st.text(max_size=400), st.sampled_from(SIZES))
def test_whatever_is_written_fits(text: str, size: BoardSize) -> None:
    board = fit(text, size)

    assert len(board) == size.rows
    assert all(len(row) == size.columns for row in board)
    assert all(sign in size.codes for row in board for sign in row)
    assert [len(row) for row in vestaboard.codes(board, size)] == [size.columns] * size.rows


WORD = st.text(alphabet="abcdefghijklmnop", min_size=1, max_size=15)


@given(st.lists(WORD, min_size=1, max_size=60), st.sampled_from(SIZES))
def test_no_word_that_a_row_can_hold_is_ever_cut(words: list[str], size: BoardSize) -> None:
    shown = " ".join(rows(" ".join(words), size)).removesuffix("...")

    assert [word.lower() for word in shown.split()] == words[: len(shown.split())]
    assert shown


def test_the_sign_that_there_is_more_cuts_no_word() -> None:
    assert rows("a a thirteen-long " + "fifteen-letters " * 3, NOTE) == [
        "A A",
        "THIRTEEN-LONG",
        "...",
    ]


def test_a_note_has_three_rows_of_fifteen() -> None:
    assert fit("A lighthouse that counts", NOTE) == [
        "  A LIGHTHOUSE ",
        "  THAT COUNTS  ",
        " " * 15,
    ]
    assert rows("a lighthouse that has fallen in love with a passing ship", NOTE) == [
        "A LIGHTHOUSE",
        "THAT HAS FALLEN",
        "IN LOVE WITH...",
    ]


def test_notes_that_are_joined_are_one_board() -> None:
    text = "a lighthouse that has fallen in love with a passing ship"

    assert rows(text, BoardSize.of_notes(2, 1)) == [
        "A LIGHTHOUSE THAT HAS FALLEN",
        "IN LOVE WITH A PASSING SHIP",
    ]
    assert rows(text, BoardSize.of_notes(4, 1)) == [text.upper()]
    assert len(fit(text, BoardSize.of_notes(1, 4))) == 12


def test_a_note_has_a_heart_and_no_sign_for_degrees() -> None:
    assert rows("I ❤️ 20°", NOTE) == ["I ❤ 20"]
    assert rows("I 💙 20°") == ["I 🟥 20°"]
    assert vestaboard.codes(fit("❤", NOTE), NOTE)[1][7] == 62


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("6x22", FLAGSHIP),
        ("3x15", NOTE),
        ("6x30", BoardSize(6, 30)),
        ("24x120", BoardSize(24, 120)),
    ],
)
def test_a_size_is_read_and_written(text: str, size: BoardSize) -> None:
    assert BoardSize.parse(text) == size
    assert str(size) == text


@pytest.mark.parametrize(
    "text", ["", "x", "6", "0x0", "0x15", "3x0", "3x16", "4x15", "27x15", "3x135", "-3x15", "٣x15", "9" * 5000 + "x15"]
)  # fmt: skip
def test_what_no_board_is_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="no size of a board"):
        BoardSize.parse(text)


def test_every_size_has_a_name_of_its_own() -> None:
    names = [size.name for size in SIZES]

    assert len(set(names)) == len(names)
    assert BoardSize.of_notes(2, 1).name == "2 Notes, 2 wide and 1 high: 3 rows of 30"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Άνθρωπος", "ANTHROPOS"),
        ("ψυχή", "PSYCHI"),
        ("Щука, объём и Ёлка", "SHCHUKA, OBYOM I YOLKA"),
        ("Київ", "KIYIV"),
        ("蝴蝶 butterfly", "BUTTERFLY"),
    ],
)
def test_other_alphabets_become_letters_that_a_board_has(written: str, shown: str) -> None:
    assert rows(written) == [shown]
    assert rows(written, NOTE) == rows(shown, NOTE)
