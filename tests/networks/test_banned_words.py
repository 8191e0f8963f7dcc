"""Words that are not to be heard: found where they are meant, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import banned_words


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("go to HELL now", "hell"),
        ("hell", "Hell"),
        ("what the hell!", "hell"),
        ("un café noir", "cafe"),
        ("un cafe\u0301 noir", "café"),
        ("h\u200bell", "hell"),
        ("STRASSE", "straße"),
        ("killing time", "kill*"),
        ("kill", "kill*"),
        ("the last   words of it", "Last Words"),
        ("the last, words", "last words"),
        ("last wordsmith", "last word*"),
        ("don\u2019t do it", "don't"),
        ("我想要猫和狗", "猫"),
        ("यह हिन्दी है", "हिन्दी"),
        ("snow_hell", "hell"),
    ],
)
def test_it_is_said(text: str, entry: str) -> None:
    assert banned_words.find_in(text, ["nothing", entry]) == entry


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("a shell on the beach", "hell"),
        ("hello", "hell"),
        ("he'll come", "hell"),
        ("Scunthorpe", "cunt"),
        ("a skill", "kill*"),
        ("words that last", "last words"),
        ("last", "last words"),
        ("हिन्दुस्तान", "हिन्दी"),
        ("", "hell"),
    ],
)
def test_it_is_not_said(text: str, entry: str) -> None:
    assert banned_words.find_in(text, [entry]) is None


def test_a_list_is_tidied_and_judged() -> None:
    assert banned_words.normalize(["  a   b ", "", "a b", "c"]) == ["a b", "c"]
    assert banned_words.problem(["tram", "kill*"]) == ""
    assert "is no word" in banned_words.problem(["***"])
    assert "at most 100" in banned_words.problem(["x" * 101])
    assert "At most 500" in banned_words.problem([str(n) for n in range(501)])


@given(st.text(), st.lists(st.text(max_size=12), max_size=4))
def test_whatever_is_typed_there_is_an_answer(text: str, entries: list[str]) -> None:
    found = banned_words.find_in(text, entries)

    assert found is None or found in entries
