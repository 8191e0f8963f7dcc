"""Learned weights for films: better by what is promised, on pictures that are known."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from operations.chunks import read_header
from operations.planes import Plane, frame_of, planes_of
from operations.runner import run
from tests.operations.clips import blend, flat, grey, moving_sprite, pictures_of, psnr, write_clip
from tests.operations.test_transitions import OPTIONS, middle_against_a_fade, stills_of_a_motion

pytestmark = pytest.mark.usefixtures("films_extra")

BETTER_THAN_BLENDING = 14  # decibels
BETTER_THAN_LANCZOS = 3


def chunks_of(tmp_path: Path, pictures: list[list[Plane]], **parameters: object) -> list[Path]:
    clip = write_clip(tmp_path / "clip.mkv", pictures, codec="ffv1")
    return [one.path for one in run("split", [clip], parameters, tmp_path / "split").outputs]


@pytest.mark.parametrize("size", [(160, 120), (320, 192), (97, 65)])
def test_pictures_between_are_much_nearer_than_a_blend(
    size: tuple[int, int], tmp_path: Path
) -> None:
    truth = moving_sprite(12, *size)
    (chunk,) = chunks_of(tmp_path, truth[::2])

    made = run("interpolate", [chunk], {"method": "learned"}, tmp_path / "made")

    pictures = pictures_of(made.outputs[0].path)
    between = range(1, 11, 2)
    ours = fmean(psnr(pictures[at], truth[at]) for at in between)
    plain = fmean(psnr(blend(truth[at - 1], truth[at + 1]), truth[at]) for at in between)
    assert (made.backend, made.degraded) == ("rife", "")
    assert ours - plain >= BETTER_THAN_BLENDING
    kept = pictures_of(chunk)
    assert all(np.array_equal(pictures[2 * at][0], kept[at][0]) for at in range(6))


def test_stills_become_each_other_by_what_moves(tmp_path: Path) -> None:
    stills, truth = stills_of_a_motion(tmp_path)

    wanted = {"transition": "interpolate", **OPTIONS}
    made = run("crossfade", stills, wanted, tmp_path / "made")

    assert (made.backend, made.degraded) == ("rife", "")
    assert middle_against_a_fade(made.outputs[0].path, truth) >= BETTER_THAN_BLENDING


def test_any_moment_between_two_pictures_is_met(tmp_path: Path) -> None:
    truth = moving_sprite(13, 160, 120)
    (chunk,) = chunks_of(tmp_path, truth[::3])

    made = run("interpolate", [chunk], {"method": "learned", "factor": 3}, tmp_path / "made")

    pictures = pictures_of(made.outputs[0].path)
    for number in range(13):
        assert max(range(13), key=lambda at: psnr(pictures[number], truth[at])) == number


def test_learned_pictures_are_not_made_across_a_cut(tmp_path: Path) -> None:
    chunks = chunks_of(tmp_path, [*[flat(220)] * 3, *[flat(40)] * 3], seconds=4)

    made = run("interpolate", chunks, {"method": "learned"}, tmp_path / "made")

    means = [float(one[0].mean()) for one in pictures_of(made.outputs[0].path)]
    assert all(abs(mean - 220) < 3 for mean in means[:6])
    assert all(abs(mean - 40) < 3 for mean in means[6:])


def drawing() -> list[Plane]:
    """Letters and lines, larger than one tile even when it is halved."""
    picture = Image.new("L", (400, 300), 220)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(30)
    for line in range(8):
        pen.text(
            (10, 10 + line * 34), f"The quick brown fox {line}", fill=30 + line * 20, font=font
        )
        pen.ellipse((200 + line * 10, 100 + line * 8, 260 + line * 12, 170 + line * 9), outline=90)
    return grey(np.asarray(picture, float))


def halved(planes: list[Plane]) -> list[Plane]:
    small = frame_of(planes).reformat(200, 150, interpolation="LANCZOS")
    return [plane.copy() for plane in planes_of(small)]


def test_a_larger_drawing_is_nearer_to_the_original_than_by_lanczos(tmp_path: Path) -> None:
    truth = drawing()
    (chunk,) = chunks_of(tmp_path, [halved(truth)] * 2)

    by_method = {
        method: run("upscale", [chunk], {"method": method}, tmp_path / method)
        for method in ("learned", "lanczos")
    }

    quality = {
        method: psnr(pictures_of(made.outputs[0].path)[0], truth)
        for method, made in by_method.items()
    }
    assert by_method["learned"].backend == "waifu2x"
    assert by_method["learned"].degraded == ""
    assert quality["learned"] > 27
    assert quality["learned"] - quality["lanczos"] >= BETTER_THAN_LANCZOS


@pytest.mark.parametrize(
    ("asked", "size"), [({"factor": 3}, (195, 147)), ({"height": 60}, (80, 60)), ({"factor": 4}, (260, 196))]
)  # fmt: skip
def test_odd_pictures_are_enlarged_to_any_size(
    asked: dict[str, int], size: tuple[int, int], tmp_path: Path
) -> None:
    (chunk,) = chunks_of(tmp_path, moving_sprite(2, 65, 49))

    made = run("upscale", [chunk], asked | {"method": "learned"}, tmp_path / "made")

    header = read_header(made.outputs[0].path)
    lanczos = run("upscale", [chunk], asked, tmp_path / "lanczos")
    assert (header.width, header.height) == size
    assert made.backend == "waifu2x"
    # The same picture, not another one and not noise.
    assert psnr(pictures_of(made.outputs[0].path)[0], pictures_of(lanczos.outputs[0].path)[0]) > 30
