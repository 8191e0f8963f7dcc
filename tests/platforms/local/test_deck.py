"""The deck of cards."""

from __future__ import annotations

import pytest

from platforms.local.deck import CARDS, MOST_WORDS, draw
from platforms.local.makers import load
from platforms.local.protocol import Request, Unusable


def drawn(text: str, **more: object) -> str:
    answer = draw(Request("local:oblique", text=text, **more)).text  # type: ignore[arg-type]
    assert answer
    return answer


def test_it_keeps_a_few_words_and_adds_a_card() -> None:
    answer = drawn("a lighthouse in the snow")

    assert answer.startswith("a lighthouse in the snow. ")
    assert answer.partition(". ")[2] in CARDS


def test_a_card_that_was_drawn_before_is_dropped_so_nothing_grows() -> None:
    text = "a lighthouse in the snow"

    for step in range(50):
        text = drawn(text, key=str(step))

    assert text.startswith("a lighthouse in the snow. ")
    assert len(text.split()) <= MOST_WORDS + max(len(card.split()) for card in CARDS)


def test_other_steps_draw_other_cards_and_a_seed_always_the_same() -> None:
    steps = {drawn("a moth", key=str(step)) for step in range(40)}
    seeded = {drawn("a moth", key=str(step), parameters={"seed": 7}) for step in range(5)}

    assert len(steps) > 20
    assert len(seeded) == 1


@pytest.mark.parametrize("text", ["", "  \n", "...", "—"])
def test_without_words_there_is_nothing_to_draw_for(text: str) -> None:
    with pytest.raises(Unusable):
        drawn(text)


def test_no_card_is_there_twice_and_the_host_knows_the_deck() -> None:
    assert len(set(CARDS)) == len(CARDS) >= 60
    assert load("local:oblique") is draw
