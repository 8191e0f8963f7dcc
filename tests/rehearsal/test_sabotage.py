"""A rehearsal must be able to turn red: each of these breaks one promise in a private installation."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rehearsal import programme
from rehearsal.card import Card
from rehearsal.opening import House
from rehearsal.playing import play

pytestmark = [pytest.mark.rehearsal, pytest.mark.enable_socket]

SABOTAGE = Path(__file__).parent / "sabotage"
BROKEN = {  # the patch: an act that suffers from it, and the promise it breaks
    "no_fencing": ("zombie", 2),
    "no_sweep": ("kill-random", 5),
    "claim_after_acknowledgement": ("kill-random", 5),
    "fresh_keys": ("kill-asking", 2),
    "deaf_to_stops": ("stop-random", 4),
}
AT_ONCE = 3  # most of their time they wait


@pytest.fixture(scope="module")
def cards(
    tmp_path_factory: pytest.TempPathFactory, stack_template: Path
) -> Iterator[dict[str, Card]]:
    """What came of each, beside one that nobody sabotaged."""

    def rehearse(patch: str) -> Card:
        card = Card({}, lambda line: None)
        act, _ = BROKEN.get(patch, ("kill-asking", 0))
        patches = [SABOTAGE / f"{patch}.py"] if patch else []
        house = House(tmp_path_factory.mktemp("house"), stack_template, patches)
        play(house, programme.chosen(programme.quick(), [act]), card)
        return card

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield dict(zip(["", *BROKEN], pool.map(rehearse, ["", *BROKEN]), strict=True))


@pytest.mark.parametrize("patch", BROKEN)
def test_a_broken_promise_turns_the_card_red(patch: str, cards: dict[str, Card]) -> None:
    card = cards[patch]
    failed = [verdict for verdict in card.verdicts if verdict.passed is False]

    red = {number for verdict in failed for number in verdict.promises}

    assert BROKEN[patch][1] in red, card.as_text()
    assert not card.passed


def test_without_sabotage_it_is_green(cards: dict[str, Card]) -> None:
    assert cards[""].passed, cards[""].as_text()
