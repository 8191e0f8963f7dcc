"""The tagger: the checkpoint it reads, the picture it sees, the sentence it says."""

from __future__ import annotations

import io
import os
import pickle

import numpy as np
import pytest
from PIL import Image, ImageDraw

from local_models.tagger.caption import (
    COLOURS,
    NAMES,
    Appearance,
    Tag,
    caption,
    describe_appearance,
    noun,
)
from local_models.tagger.efficientnet import Reader


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


def test_a_checkpoint_that_wants_to_run_something_is_not_read() -> None:
    with pytest.raises(pickle.UnpicklingError, match="no business"):
        Reader(io.BytesIO(pickle.dumps(Evil()))).load()


def test_colours_light_and_dark_are_where_they_are() -> None:
    image = Image.new("RGB", (300, 300), (18, 28, 72))
    ImageDraw.Draw(image).rectangle((200, 200, 299, 299), fill=(226, 52, 40))

    appearance = describe_appearance(image, np.zeros(len(NAMES), np.float32))

    assert appearance.colours == ("navy", "scarlet")
    assert appearance.light == "at the lower right"
    assert appearance.brightness < 0.3
    assert appearance.texture < 0.3


def test_colours_that_the_painter_seldom_uses_are_named_before_its_usual_ones() -> None:
    image = Image.new("RGB", (320, 320), (12, 12, 14))
    stripes = ("navy", "maroon", "lime", "salmon")
    for nth, name in enumerate(stripes):
        ImageDraw.Draw(image).rectangle((nth * 64, 0, nth * 64 + 63, 319), fill=COLOURS[name])
    usual = np.array([0.2 if name in ("black", "navy", "maroon") else 0.01 for name in NAMES])

    colours = describe_appearance(image, usual.astype(np.float32)).colours

    assert {"lime", "salmon"} < set(colours)


def test_a_sure_label_is_named_unless_the_painter_often_seems_to_show_it() -> None:
    appearance = Appearance(("teal",), "on the left", "on the right", 0.5, 0.2)
    others = [Tag("owl", 0.01, 4.0), Tag("jay", 0.01, 3.5), Tag("bus", 0.01, 3.2)]

    sure = [caption([*others, Tag("fox", 0.5, 2.5)], appearance, seed) for seed in range(100)]
    usual = [caption([*others, Tag("fox", 0.5, 0.5)], appearance, seed) for seed in range(100)]

    assert all("fox" in text for text in sure)
    assert not any("fox" in text for text in usual)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kite (bird of prey)", "a kite"),
        ("umbrella", "an umbrella"),
        ("European garden spider", "a European garden spider"),
        ("hourglass", "an hourglass"),
        ("binoculars", "binoculars"),
        ("CRT monitor", "a CRT monitor"),
        ("bus", "a bus"),
        ("a cat having a striped coat", "a cat having a striped coat"),
        ("handrail / baluster", "a handrail"),
    ],
)
def test_a_tag_gets_its_article(name: str, expected: str) -> None:
    assert noun(name) == expected


@pytest.mark.parametrize("unusual", [1.0, 5.0], ids=["the palette leads", "things lead"])
def test_every_wording_is_well_formed(unusual: float) -> None:
    appearance = Appearance(("teal", "gold"), "on the left", "on the right", 0.5, 0.2)
    tags = [Tag(name, 0.2, unusual) for name in ("fox", "owl", "jay", "bus", "hat")]

    for seed in range(300):
        text = caption(tags, appearance, seed)

        assert text[0].isupper()
        assert text.endswith(".")
        assert "{" not in text
        assert 20 < len(text) < 250
