"""The ring as a drawing: everything inside the frame, nothing over anything else."""

from __future__ import annotations

import itertools
import math

import pytest

from networks import rings
from networks.editor import drawing
from networks.rings import SlotStatus
from platforms.base import Availability
from platforms.registry import get_model

RING = ["dummy:text-to-image", "dummy:image-to-audio", "dummy:audio-to-text"]


def draw(ids: list[str]) -> drawing.RingDrawing:
    models = [get_model(one) for one in ids]
    slots = [
        SlotStatus(n, one.id, one, "Dummy", Availability(True)) for n, one in enumerate(models)
    ]
    return drawing.draw_ring(slots, rings.connect(list(models)))


@pytest.mark.parametrize("count", [1, 2, 3, 8, 12, 24, 100])
def test_slots_lie_inside_the_frame_and_apart(count: int) -> None:
    found = draw(list(itertools.islice(itertools.cycle(RING), count)))

    size = float(found.size)
    places = [(float(slot.x), float(slot.y)) for slot in found.slots]
    for x, y in places:
        assert size < x < drawing.WIDTH - size
        assert size < y < drawing.HEIGHT - size
    for one, other in itertools.combinations(places, 2):
        assert math.dist(one, other) > 2 * size


def test_the_prompt_comes_in_at_the_top_and_goes_round_clockwise() -> None:
    found = draw(RING)

    top = found.arcs[0]
    assert (float(top.x), float(top.y)) == (drawing.WIDTH / 2, drawing.HEIGHT / 2 - drawing.RADIUS)
    assert float(found.slots[0].x) > drawing.WIDTH / 2
    assert float(found.slots[2].x) < drawing.WIDTH / 2


def test_a_connection_that_does_not_fit_is_drawn_broken_in_both_colours() -> None:
    found = draw(["dummy:text-to-image", "dummy:audio-to-text"])

    assert [(arc.gives, arc.takes, arc.fits) for arc in found.arcs] == [
        ("text", "text", True),
        ("image", "audio", False),
    ]


def test_where_the_ring_does_not_close_the_top_is_broken() -> None:
    (top,) = draw(["dummy:text-to-image"]).arcs

    assert (top.gives, top.takes, top.fits) == ("image", "text", False)


def test_names_go_where_there_is_no_room_for_them() -> None:
    assert draw(RING).slots[0].name == "Dummy text to im…"
    assert draw(RING * 8).slots[0].name == ""
    assert draw(RING * 30).has_numbers is False
