"""How words are read in languages whose spelling says it."""

# ruff: noqa: RUF001 (signs of the phonetic alphabet)

from __future__ import annotations

import pytest

from local_models.speech.languages import SPELLINGS, phonemes


@pytest.mark.parametrize(
    ("words", "sounds"),
    [
        ("¿Quién invitó al hombre?", "¿kjˈen inbitˈo al ˈombɾe?"),
        ("queso, guitarra, cigüeña", "kˈeso, ɡitˈara, siɡwˈeɲa"),
        ("ciudad llave yo zapato", "siudˈad ʝˈabe ʝo sapˈato"),
    ],
)
def test_spanish_is_read_as_it_is_spelled(words: str, sounds: str) -> None:
    assert phonemes(words, "es") == sounds


@pytest.mark.parametrize(
    ("words", "sounds"),
    [
        ("sono venuto per le olive", "sˈono venˈuto per le olˈive"),
        ("gli gnocchi, ghiaccio", "ʎi ɲˈoki, ɡjˈatʃo"),
        ("città perché chiave famiglia", "tʃitˈa perkˈe kjˈave famˈiʎa"),
    ],
)
def test_italian_is_read_as_it_is_spelled(words: str, sounds: str) -> None:
    assert phonemes(words, "it") == sounds


@pytest.mark.parametrize("language", SPELLINGS)
def test_any_text_can_be_read(language: str) -> None:
    assert phonemes("The lighthouse keeper's 7 ships", language)
    assert phonemes("... !?", language) == ""
    assert phonemes("漢字", language) == ""


@pytest.mark.parametrize("language", SPELLINGS)
def test_numbers_are_read_digit_by_digit(language: str) -> None:
    digits = SPELLINGS[language].digits

    assert phonemes("307", language).split() == [
        SPELLINGS[language].read_word(digits[digit]) for digit in (3, 0, 7)
    ]
