"""Texts that are fitted into a box of pixels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operations.lettering import FontList, _Ruler, fit_text, stroke_of

WORDS = st.lists(st.text("AVTabcilowy雪の中", min_size=1, max_size=30), min_size=1, max_size=40)


class CountingFonts(FontList):
    """How often the width of a text was asked for."""

    asked = 0

    def runs(self, text: str) -> Iterator[tuple[int, str]]:
        self.asked += 1
        return super().runs(text)


@pytest.mark.parametrize("text", ["雪の中の馬 " * 300, "word " * 3000, "x" * 3000])
def test_a_text_of_any_length_is_fitted_with_few_measurements(text: str) -> None:
    fonts = CountingFonts([])

    fitted = fit_text(text, fonts, 1180, 150, 40)

    assert fitted.is_cut
    assert fonts.asked < 700  # each of its few signs or words once a size, not with all before it


@settings(max_examples=60, deadline=None)
@given(WORDS, st.integers(120, 900), st.integers(30, 200))
def test_every_line_is_as_narrow_as_the_box(words: list[str], width: int, height: int) -> None:
    fonts = FontList([])

    fitted = fit_text(" ".join(words), fonts, width, height, 40)

    ruler = _Ruler(fonts, fitted.size)
    room = width - 2 * stroke_of(fitted.size)
    assert all(ruler.width(line) <= room + 1 for line in fitted.lines if len(line) > 1)
    assert fitted.is_cut or "".join(fitted.lines).replace(" ", "") == "".join(words)
