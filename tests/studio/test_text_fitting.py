"""How large a text stands on its tile, and how numbers are put."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.templatetags.formatting import seconds, usd
from studio.text_fitting import ADVANCE, LINE_HEIGHT, SIZES, WIDTH, fit, rows
from studio.text_pictures import picture_of_text

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
WORDS = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=14), max_size=600)


def test_one_word_stands_as_large_as_it_can() -> None:
    assert fit("No.").step == 1


def test_a_word_is_made_smaller_rather_than_broken() -> None:
    assert fit("internationalisation").step > fit("nation nation nation").step


def test_a_prompt_of_the_longest_kind_is_shown_whole() -> None:
    prompt = ("A horse in the snow. " * 100)[:1900]

    assert fit(prompt).text == prompt.strip()


def test_more_than_a_tile_holds_ends_after_a_word_and_admits_it() -> None:
    shown = fit("snow " * 2000).text

    assert shown.endswith("snow …")
    assert 1500 < len(shown) < 2100


@given(WORDS)
def test_a_tall_cell_never_asks_for_smaller_type(words: list[str]) -> None:
    found = fit(" ".join(words))

    assert 1 <= found.high <= found.tall <= found.step


def test_line_breaks_take_their_room() -> None:
    assert fit("a\nb\nc\nd\ne\nf\ng\nh").step > fit("a b c d e f g h").step


def test_wide_signs_take_twice_the_room_and_may_be_parted() -> None:
    assert fit("雪の中の馬").step <= 3
    assert fit("雪" * 200).step > fit("x " * 100).step


def test_a_word_too_long_to_be_read_whole_is_parted_and_stands_large() -> None:
    assert fit("x" * 80).step < fit("x" * 300).step < len(SIZES) - 4


def test_pictures_made_of_several_signs_take_the_room_of_one() -> None:
    family = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"

    assert fit(family * 20).step == fit("\N{FOX FACE}" * 20).step


def test_what_had_to_be_shortened_stands_larger_where_there_is_more_room() -> None:
    poem = fit("\n".join(f"line {n}" for n in range(60)))

    assert poem.text.endswith("…")
    assert poem.high < poem.tall < poem.step == len(SIZES)


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "\u200b", "e\u0301" * 20])
def test_odd_texts_have_a_size_too(text: str) -> None:
    assert 1 <= fit(text).step <= len(SIZES)


@given(WORDS)
@settings(max_examples=60)
def test_more_words_never_stand_larger(words: list[str]) -> None:
    shorter, longer = fit(" ".join(words)), fit(" ".join([*words, "snow"]))

    assert longer.step >= shorter.step


def test_the_style_sheet_holds_the_same_sizes() -> None:
    found = re.findall(
        r'data-fit="(\d+)"\] \{\s+font-size: calc\(([\d.]+) \*', (CSS / "fit.css").read_text()
    )
    line_height = re.search(
        r"\.tile-text \{[^}]*line-height: ([\d.]+);", (CSS / "tiles.css").read_text()
    )

    assert [(int(step), float(size)) for step, size in found] == list(enumerate(SIZES, start=1))
    assert line_height
    assert float(line_height[1]) == LINE_HEIGHT


@pytest.mark.parametrize("shape", ["tall", "high"])
def test_cells_of_every_shape_know_the_same_sizes(shape: str) -> None:
    rules = re.findall(
        rf'data-{shape}="(\d+)"\] \{{\s+font-size: ([\d.]+)cqw', (CSS / "fit-tall.css").read_text()
    )

    assert [(int(step), float(size)) for step, size in rules] == list(enumerate(SIZES, start=1))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, ""),
        (0, "free"),
        (0.0012, "$0.0012"),
        (Decimal("0.041"), "$0.041"),
        (12.4, "$12.40"),
        (1.999, "$2.00"),
    ],
)
def test_money_is_put_with_as_many_digits_as_it_needs(amount: float | None, shown: str) -> None:
    assert usd(amount) == shown


@pytest.mark.parametrize(
    ("duration", "shown"), [(None, ""), (0.42, "0.4 s"), (21.4, "21 s"), (184, "3 min")]
)
def test_a_duration_is_put_as_it_would_be_said(duration: float | None, shown: str) -> None:
    assert seconds(duration) == shown


@settings(max_examples=60, deadline=None)
@given(WORDS)
def test_the_rows_of_a_text_hold_its_words_in_order_and_fit_the_tile(words: list[str]) -> None:
    fitted = fit(" ".join(words))

    wrapped = rows(fitted)

    assert " ".join(wrapped).split() == fitted.text.split()
    assert max(map(len, wrapped), default=0) * ADVANCE * SIZES[fitted.step - 1] <= WIDTH


def test_empty_rows_stay_between_others() -> None:
    assert rows(fit("one\n\ntwo")) == ["one", "", "two"]


@pytest.mark.parametrize("text", ["", "\x00\x1b\ud800 \uffff", "<&>'\"", "雪" * 3000])
def test_any_text_has_a_picture_that_is_xml(text: str) -> None:
    ElementTree.fromstring(picture_of_text(text))  # noqa: S314  our own
