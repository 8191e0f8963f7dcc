"""What lies between two stills: pictures of what moves, not one still over the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from operations.flow import Growing
from operations.planes import Plane, frame_of
from operations.registry import operation_named
from operations.runner import run
from operations.weights import FOLDER_VARIABLE

from .clips import blend, moving_sprite, pictures_of, psnr
from .conftest import Made

WIDTH, HEIGHT, STEPS = 160, 120, 4
BETTER_THAN_A_FADE = 12  # decibels
OPTIONS = {"width": WIDTH, "height": HEIGHT, "seconds": [1, 1], "rate": 8, "fade": 0.375}
MIDDLE = 6  # the second of the three pictures between the stills


def stills_of_a_motion(folder: Path) -> tuple[list[Path], list[list[Plane]]]:
    """The first and the last picture of a motion as images, and all of its pictures."""
    truth = moving_sprite(STEPS + 1, WIDTH, HEIGHT)
    paths = [folder / "first.png", folder / "last.png"]
    for path, planes in zip(paths, (truth[0], truth[-1]), strict=True):
        frame_of(planes).to_image().save(path)
    return paths, truth


def middle_against_a_fade(chunk: Path, truth: list[list[Plane]]) -> float:
    """By how many decibels the middle picture is nearer to the true one than a fade."""
    made = pictures_of(chunk)[MIDDLE]
    return psnr(made, truth[STEPS // 2]) - psnr(blend(truth[0], truth[-1]), truth[STEPS // 2])


def test_stills_that_grow_into_each_other_have_what_lies_between(
    tmp_path: Path, make: Made
) -> None:
    stills, truth = stills_of_a_motion(tmp_path)

    grown = make("crossfade", *stills, transition="morph", **OPTIONS).outputs[0].path
    faded = make("crossfade", *stills, transition="fade", **OPTIONS).outputs[0].path

    assert middle_against_a_fade(grown, truth) >= BETTER_THAN_A_FADE
    assert abs(middle_against_a_fade(faded, truth)) < 1


def test_stills_stand_before_and_after_they_grow(tmp_path: Path, make: Made) -> None:
    stills, truth = stills_of_a_motion(tmp_path)

    made = pictures_of(make("crossfade", *stills, transition="morph", **OPTIONS).outputs[0].path)

    assert len(made) == 16
    assert all(np.array_equal(made[at][0], made[0][0]) for at in range(5))
    assert all(np.array_equal(made[at][0], made[8][0]) for at in range(8, 16))
    assert psnr(made[0], truth[0]) > 40
    assert psnr(made[8], truth[-1]) > 40


def test_seams_between_chunks_are_not_seen(tmp_path: Path, make: Made) -> None:
    """A scene that only leads into the next one is as it is in one chunk with it."""
    stills, _ = stills_of_a_motion(tmp_path)
    whole = pictures_of(make("crossfade", *stills, transition="morph", **OPTIONS).outputs[0].path)

    alone = make(
        "crossfade",
        *stills,
        transition="morph",
        into_last=True,
        is_last=False,
        **{**OPTIONS, "seconds": [1]},
    )

    part = pictures_of(alone.outputs[0].path)
    assert len(part) == 8
    for one, same in zip(part, whole, strict=False):
        assert np.array_equal(one[0], same[0])


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (640, 20), (4096, 16)])
def test_unlike_pictures_of_any_size_grow(size: tuple[int, int]) -> None:
    random = np.random.default_rng(7)
    width, height = size

    def noise() -> list[Plane]:
        half = (height + 1) // 2, (width + 1) // 2
        return [
            random.integers(16, 236, one).astype(np.uint8) for one in ((height, width), half, half)
        ]

    first, second = noise(), noise()
    growing = Growing(first, second)

    for moment, still in ((0.0, first), (1.0, second)):
        assert all(np.array_equal(a, b) for a, b in zip(growing.at(moment), still, strict=True))
    assert [plane.shape for plane in growing.at(0.5)] == [plane.shape for plane in first]


def test_learned_motion_without_its_weights_says_what_was_done_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "none"))
    stills, truth = stills_of_a_motion(tmp_path)

    made = run("crossfade", stills, {"transition": "interpolate", **OPTIONS}, tmp_path / "made")

    assert made.backend == "flow"
    assert "make setup EXTRAS=films" in made.degraded
    assert middle_against_a_fade(made.outputs[0].path, truth) >= BETTER_THAN_A_FADE


def test_a_fade_in_the_place_of_motion_is_called_degraded() -> None:
    last = operation_named("crossfade").backends[-1]

    assert last.degraded({"transition": "fade"}) == ""
    for wanted in ("morph", "interpolate"):
        assert "only fade" in last.degraded({"transition": wanted})


def test_a_still_that_is_followed_by_itself_stands(tmp_path: Path, make: Made) -> None:
    path = tmp_path / "still.png"
    Image.fromarray(np.random.default_rng(2).integers(0, 255, (48, 64, 3)).astype(np.uint8)).save(
        path
    )

    made = make(
        "crossfade", path, path, transition="morph", **{**OPTIONS, "width": 64, "height": 48}
    )

    pictures = pictures_of(made.outputs[0].path)
    assert all(np.array_equal(one[0], pictures[0][0]) for one in pictures)
