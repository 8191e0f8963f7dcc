"""Oblique cards."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_models.loaders import loader
from local_models.oblique_cards import CARDS, MAX_WORDS, pick_card
from local_models.protocol import HostRequest, UnusableInput


def card_for(text: str, **more: object) -> str:
    answer = pick_card(HostRequest("local:oblique", text=text, **more)).text  # type: ignore[arg-type]
    assert answer
    return answer


def test_it_keeps_a_few_words_and_adds_a_card() -> None:
    answer = card_for("a lighthouse in the snow")

    assert answer.startswith("a lighthouse in the snow. ")
    assert answer.partition(". ")[2] in CARDS


def test_a_card_that_was_drawn_before_is_dropped_so_nothing_grows() -> None:
    text = "a lighthouse in the snow"

    for step in range(50):
        text = card_for(text, key=str(step))

    assert text.startswith("a lighthouse in the snow. ")
    assert len(text.split()) <= MAX_WORDS + max(len(card.split()) for card in CARDS)


def test_other_steps_draw_other_cards_and_a_seed_always_the_same() -> None:
    steps = {card_for("a moth", key=str(step)) for step in range(40)}
    seeded = {card_for("a moth", key=str(step), parameters={"seed": 7}) for step in range(5)}

    assert len(steps) > 20
    assert len(seeded) == 1


@pytest.mark.parametrize("text", ["", "  \n", "...", "—"])
def test_without_words_there_is_nothing_to_draw_for(text: str) -> None:
    with pytest.raises(UnusableInput):
        card_for(text)


def test_no_card_is_there_twice_and_the_host_knows_the_cards() -> None:
    assert len(set(CARDS)) == len(CARDS) >= 60
    assert loader(Path())("local:oblique") is pick_card
