"""What a run has fallen into where several of its slots write, or give pictures."""

from __future__ import annotations

import struct

import numpy as np

from observatory.outputs import TextOutput
from observatory.patterns import Cycle
from observatory.slot_patterns import WeighedPicture, cycle_since, flat_since, frozen_since
from tests.observatory.simulated import SimulatedNetwork, Truth

INSTANCES = 200


def written_by_two(texts: list[str]) -> list[TextOutput]:
    """By two slots in turn, beside a third that gives pictures."""
    return [
        TextOutput(3 * (at // 2) + 1 + at % 2, 1 + at % 2, "m", text, False, None)
        for at, text in enumerate(texts)
    ]


def embedded(laps: int, seed: int) -> list[TextOutput]:
    """A run that wanders, of two slots, which differ more than their own texts do."""
    truth = Truth(common=0.6, prompt=0.1, walk=0.1, chance=0.2, forgets=0.1)
    network = SimulatedNetwork(truth, np.random.default_rng(seed))
    (run,) = network.runs(prompts=1, twins=1, texts=laps, slots=2)
    return [
        TextOutput(
            2 * lap + slot, slot, "m", "", False, struct.pack(f"<{len(own[lap])}e", *own[lap])
        )
        for lap in range(laps)
        for slot, own in run.texts.items()
    ]


def test_two_slots_in_turn_are_no_circle() -> None:
    found = [cycle_since(embedded(20, seed)) for seed in range(INSTANCES)]

    assert sum(one is not None for one in found) < 0.02 * INSTANCES


def test_a_circle_of_laps_is_counted_in_texts() -> None:
    stations = embedded(3, 1)
    stored = [one.stored for one in stations]
    texts = [TextOutput(at, at % 2, "m", "", False, stored[at % len(stored)]) for at in range(36)]

    assert cycle_since(texts) == Cycle(6, 0)


def test_it_is_frozen_once_each_slot_repeats_its_own() -> None:
    changing = [text for lap in range(6) for text in (f"a picture {lap}", f"a story {lap}")]
    same = ["a picture of a cat", "once there was a cat"] * 6

    assert frozen_since(written_by_two(changing)) is None
    assert frozen_since(written_by_two(changing + same)) == 20
    half = [text for lap in range(8) for text in ("a picture of a cat", f"a story {lap}")]
    assert frozen_since(written_by_two(changing + half)) is None


def test_small_pictures_of_another_slot_hide_nothing_and_alarm_nobody() -> None:
    def pictures(large: list[int]) -> list[WeighedPicture]:
        return [
            WeighedPicture(2 * lap + slot, slot, size)
            for lap, own in enumerate(large)
            for slot, size in enumerate((own, 20_000))
        ]

    wide = [200_000, 210_000, 190_000] * 4
    assert flat_since(pictures(wide)) is None
    assert flat_since(pictures([*wide, *[30_000] * 4])) == 24
    assert flat_since(pictures([*wide, *[30_000] * 4]), fresh_since=29) is None
