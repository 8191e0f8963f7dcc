from __future__ import annotations

import pytest

from networks import rings
from networks.rings import Slot


def problems(*models: str) -> list[str]:
    return rings.order_problems([Slot(model) for model in models])


@pytest.mark.parametrize(
    "models",
    [
        ("dummy:text-to-text",),
        ("dummy:text-to-text", "dummy:text-to-text"),
        ("dummy:text-to-image", "dummy:image-to-text"),
        ("dummy:text-to-image", "dummy:image-to-audio", "dummy:audio-to-text"),
    ],
)
def test_a_ring_that_closes_has_no_problems(models: tuple[str, ...]) -> None:
    assert problems(*models) == []


def test_an_empty_ring_is_no_ring() -> None:
    assert problems() == ["The ring is empty: add at least one model."]


def test_every_unknown_model_is_named_and_what_is_known_is_judged_all_the_same() -> None:
    assert problems("dummy:nope", "dummy:image-to-text", "acme:gone") == [
        "Slot 1: there is no model called “dummy:nope”.",
        "Slot 3: there is no model called “acme:gone”.",
    ]


def test_every_mismatch_is_told_at_once() -> None:
    found = problems("dummy:image-to-audio", "dummy:text-to-image", "dummy:text-to-image")

    assert len(found) == 3
    assert "the first model must take text" in found[0]
    assert found[1].startswith("Slot 1 to 2:")
    assert found[2].startswith("Slot 2 to 3:")


def test_the_last_output_must_fit_the_first_input() -> None:
    (problem,) = problems("dummy:text-to-image")

    assert problem.startswith("The ring does not close")


def test_a_fallback_must_turn_the_same_into_the_same() -> None:
    good = Slot("dummy:text-to-text", fallback="dummy:text-to-text")
    bad = Slot("dummy:text-to-text", fallback="dummy:text-to-image")

    assert rings.order_problems([good]) == []
    assert "the fallback" in rings.order_problems([bad])[0]
