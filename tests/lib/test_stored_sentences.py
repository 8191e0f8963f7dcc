"""Stored sentences: English where they are kept, each reader's language where they are shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from lib import stored_sentences
from lib.stored_sentences import stored_sentence, translate_stored

BROKEN = stored_sentence("%(machine)s is broken (%(code)s).")
BROKEN_AGAIN = stored_sentence("%(machine)s is broken (%(code)s).  Again.")
ASK = stored_sentence("%(sentence)s Ask %(who)s.")
QUIET = stored_sentence("It is quiet.")

FRENCH = {
    BROKEN: "%(machine)s est en panne (%(code)s).",
    BROKEN_AGAIN: "Encore : %(machine)s est en panne (%(code)s).",
    ASK: "%(sentence)s Demandez à %(who)s.",
    QUIET: "Tout est calme.",
}


@pytest.fixture(autouse=True)
def in_french(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(stored_sentences, "gettext", lambda text: FRENCH.get(text, text))
    with translation.override("fr"):
        yield


def test_a_sentence_without_places_is_found_whole() -> None:
    assert translate_stored("It is quiet.") == "Tout est calme."


def test_what_was_filled_in_is_filled_in_again() -> None:
    stored = BROKEN % {"machine": "The lift", "code": 7}

    assert translate_stored(stored) == "The lift est en panne (7)."


def test_of_several_sources_that_fit_the_one_that_says_most_is_taken() -> None:
    stored = BROKEN_AGAIN % {"machine": "The lift", "code": 7}

    assert translate_stored(stored) == "Encore : The lift est en panne (7)."


def test_a_sentence_inside_another_one_is_translated_too() -> None:
    stored = ASK % {"sentence": BROKEN % {"machine": "The lift", "code": 7}, "who": "Ada"}

    assert translate_stored(stored) == "The lift est en panne (7). Demandez à Ada."


def test_percent_signs_and_line_breaks_in_what_was_filled_in_stay() -> None:
    stored = BROKEN % {"machine": "100 %s\nof it", "code": "%(x)s"}

    assert translate_stored(stored) == "100 %s\nof it est en panne (%(x)s)."


def test_words_that_nobody_here_has_written_stay_as_they_are() -> None:
    assert translate_stored("Quota exceeded, try later.") == "Quota exceeded, try later."
    assert translate_stored("") == ""


def test_in_english_nothing_is_looked_for() -> None:
    with translation.override("en"):
        assert translate_stored("It is quiet.") == "It is quiet."
