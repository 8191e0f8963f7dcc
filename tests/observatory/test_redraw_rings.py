"""The ring on which a step is drawn again runs, and begins with that step."""

from __future__ import annotations

import pytest

from networks.rings import Slot, first_slot_taking, ring_problems
from observatory.redraws import ring_around
from platforms.base import Modality


@pytest.mark.parametrize("takes", ["text", "image", "audio"])
@pytest.mark.parametrize("gives", ["text", "image", "audio"])
def test_a_step_of_any_kind_can_be_drawn_again(takes: str, gives: str) -> None:
    step = Slot(f"dummy:{takes}-to-{gives}")

    ring = ring_around(step, takes=takes, gives=gives)

    assert ring_problems(ring) == []
    first = first_slot_taking(ring, Modality(takes))
    assert first is not None
    assert ring[first] == step
