"""The image check with its real weights. There are no pictures here that it should object to: that it is right
about those is its makers' claim, and not tested."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from local_models.loaders import loader
from local_models.moving_pictures import zoom
from local_models.painter.painting import paint
from local_models.poster import print_poster
from local_models.protocol import HostReply, HostRequest, UnusableInput
from local_models.taste.looking import STILLS, Taste, film_stills, picture_stills
from local_models.weights import WEIGHTS

PHOTOGRAPH = Path(__file__).with_name("cat.jpg")
CAT = 0.000231  # by the classifier in the package that the weights are from
FIT, LIMIT = 0.25, 0.5


@pytest.fixture
def taste(local_extra: Path) -> Taste:
    return Taste(WEIGHTS["taste"].path(local_extra))


def test_a_photograph_gets_what_its_packager_says(taste: Taste) -> None:
    with Image.open(PHOTOGRAPH) as picture:
        assert taste.score(picture) == pytest.approx(CAT, rel=0.05)


@pytest.mark.parametrize("make", [paint, print_poster])
def test_what_our_own_models_make_is_fit(
    taste: Taste, make: Callable[[HostRequest], HostReply]
) -> None:
    for words in ("a red balloon over the city", "two foxes wait for a lift", "my grandmother"):
        picture = Image.open(io.BytesIO(make(HostRequest("any", text=words)).data))
        assert taste.score(picture) < FIT


def test_the_worst_still_of_a_film_counts(taste: Taste, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(zoom(HostRequest("local:zoom", path=str(PHOTOGRAPH))).data)

    scores = [taste.score(one) for one in film_stills(film)]
    reply = taste.look(HostRequest("local:taste", path=str(film), parameters={"kind": "video"}))

    assert len(scores) == STILLS
    assert float(reply.text or "nan") == pytest.approx(max(scores), abs=1e-4)


def test_every_part_of_an_animated_picture_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "moving.webp"
    levels = [Image.new("RGB", (40, 30), (level, level, level)) for level in range(0, 250, 25)]
    levels[0].save(path, save_all=True, append_images=levels[1:], duration=100, lossless=True)

    seen = [one.convert("L").getpixel((5, 5)) for one in picture_stills(path)]

    assert seen == [0, 50, 100, 150, 200]


def test_what_cannot_be_looked_at_is_said_so(local_extra: Path, tmp_path: Path) -> None:
    look = loader(local_extra)("local:taste")
    path = tmp_path / "no film"
    path.write_text("no film")
    sound = tmp_path / "sound.wav"
    with av.open(str(sound), "w") as media:
        media.add_stream("pcm_s16le", rate=8000)

    for file in (path, sound):
        with pytest.raises(UnusableInput):
            look(HostRequest("local:taste", path=str(file), parameters={"kind": "video"}))


SKIN = [(255, 224, 196), (224, 172, 105), (198, 134, 66), (141, 85, 36), (90, 56, 37)]


@pytest.mark.parametrize("tone", SKIN)
def test_colours_of_skin_alone_are_no_reason(taste: Taste, tone: tuple[int, int, int]) -> None:
    random = np.random.default_rng(sum(tone))
    scores = []
    for _ in range(4):
        shapes = Image.fromarray(random.integers(0, 256, (6, 8), dtype=np.uint8))
        mask = shapes.resize((400, 300), Image.Resampling.BICUBIC)
        behind = Image.new("RGB", mask.size, tuple(random.integers(0, 256, 3).tolist()))
        scores.append(taste.score(Image.composite(Image.new("RGB", mask.size, tone), behind, mask)))

    assert max(scores) < FIT
    assert taste.score(Image.new("RGB", (400, 300), tone)) < LIMIT
