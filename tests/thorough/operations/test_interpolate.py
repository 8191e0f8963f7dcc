"""Pictures in between, against those that really were there."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import numpy as np
import pytest

from operations.chunks import read_header
from operations.errors import BadInput
from operations.planes import Plane
from operations.runner import run
from tests.operations.clips import (
    blend,
    flat,
    grey,
    moving_sprite,
    pictures_of,
    psnr,
    texture,
    write_clip,
)
from tests.operations.conftest import Made

BETTER_THAN_BLENDING = 10  # decibels


def doubled(
    tmp_path: Path, make: Made, pictures: list[list[Plane]], *, seconds: float = 0.2
) -> Path:
    """Every second picture of these, split and interpolated to all of them."""
    clip = write_clip(tmp_path / "half.mkv", pictures[::2], codec="ffv1")
    chunks = [one.path for one in make("split", clip, seconds=seconds).outputs]
    made = [make("interpolate", chunk).outputs[0].path for chunk in chunks]
    return make("concat", *reversed(made)).outputs[0].path


def test_moving_sprite_is_much_nearer_than_a_blend(tmp_path: Path, make: Made) -> None:
    truth = moving_sprite(24, 160, 120)

    made = pictures_of(doubled(tmp_path, make, truth))

    between = range(1, 23, 2)
    ours = fmean(psnr(made[number], truth[number]) for number in between)
    plain = fmean(psnr(blend(truth[n - 1], truth[n + 1]), truth[n]) for n in between)
    assert len(made) == 24
    assert ours - plain >= BETTER_THAN_BLENDING


def test_first_pictures_of_a_chunk_are_as_good_as_the_others(tmp_path: Path, make: Made) -> None:
    truth = moving_sprite(24, 160, 120)

    made = pictures_of(doubled(tmp_path, make, truth, seconds=0.2))

    beyond_the_first_chunk = range(9, 23, 2)
    worst = min(psnr(made[number], truth[number]) for number in beyond_the_first_chunk)
    plain = max(psnr(blend(truth[n - 1], truth[n + 1]), truth[n]) for n in beyond_the_first_chunk)
    assert worst - plain >= 15


def test_pictures_that_were_there_are_kept_as_they_are(tmp_path: Path, make: Made) -> None:
    truth = moving_sprite(12)
    clip = write_clip(tmp_path / "half.mkv", truth[::2], codec="ffv1")
    chunk = make("split", clip).outputs[0].path

    made = pictures_of(make("interpolate", chunk, factor=4).outputs[0].path)

    assert len(made) == 24
    for kept, before in zip(made[::4], pictures_of(chunk), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(kept, before, strict=True))


@pytest.mark.parametrize("method", ["motion", "blend"])
@pytest.mark.parametrize("seconds", [0.2, 4])
def test_no_picture_is_made_across_a_cut(
    method: str, seconds: float, tmp_path: Path, make: Made
) -> None:
    light, dark = flat(220), grey(texture(48, 64, fine=2, seed=5) * 40 + 20)
    clip = write_clip(tmp_path / "cut.mkv", [*[light] * 5, *[dark] * 4], codec="ffv1")
    chunks = [one.path for one in make("split", clip, seconds=seconds).outputs]

    made = [
        picture
        for chunk in chunks
        for picture in pictures_of(make("interpolate", chunk, method=method).outputs[0].path)
    ]

    means = [float(picture[0].mean()) for picture in made]
    assert len(made) == 18
    assert all(abs(mean - 220) < 2 for mean in means[:10])
    assert all(mean < 70 for mean in means[10:])


@pytest.mark.parametrize(
    ("rate", "wanted", "pictures"),
    [(12, 30, 25), (25, 60, 24), (24, 25, 11), (25, 10, 4), (10, 60, 60)],
)
def test_any_rate_keeps_the_length(
    rate: int, wanted: int, pictures: int, tmp_path: Path, make: Made
) -> None:
    clip = write_clip(tmp_path / "clip.mkv", moving_sprite(10), rate=rate, codec="ffv1")
    chunks = [one.path for one in make("split", clip, seconds=0.25).outputs]

    made = [make("interpolate", chunk, rate=wanted).outputs[0].path for chunk in chunks]
    whole = make("concat", *made).outputs[0]

    assert whole.frames == len(pictures_of(whole.path)) == pictures
    assert read_header(whole.path).rate == wanted


def test_sprite_stands_where_it_should_at_another_rate(tmp_path: Path, make: Made) -> None:
    truth = moving_sprite(19, 160, 120)  # at 30 pictures a second
    clip = write_clip(tmp_path / "clip.mkv", truth[::3], rate=10, codec="ffv1")
    chunks = [one.path for one in make("split", clip, seconds=0.4).outputs]

    made = [
        picture
        for chunk in chunks
        for picture in pictures_of(make("interpolate", chunk, rate=30).outputs[0].path)
    ]

    # Between the first pictures of a scene the filter does not know yet what moves; at seams it does.
    for number in range(6, 19):
        nearest = max(range(19), key=lambda at: psnr(made[number], truth[at]))
        assert nearest == number


def test_odd_sizes_stay_what_they_are(tmp_path: Path, make: Made) -> None:
    truth = moving_sprite(8, 65, 49)

    made = pictures_of(doubled(tmp_path, make, truth))

    assert made[0][0].shape == (49, 65)
    assert psnr(made[1], truth[1]) > 25


def test_one_picture_alone_is_repeated(tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mkv", [flat(40), flat(220)], codec="ffv1")
    chunk = make("split", clip).outputs[0].path

    made = pictures_of(make("interpolate", chunk).outputs[0].path)

    assert [round(float(one[0].mean()) / 10) for one in made] == [4, 4, 22, 22]


def test_clip_that_was_not_split_is_refused(clip: Path, make: Made) -> None:
    with pytest.raises(BadInput, match=r"clip\.mp4 is not a chunk"):
        make("interpolate", clip)


def test_blend_instead_of_motion_is_reported_as_degraded(tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mkv", moving_sprite(3), codec="ffv1")
    chunk = make("split", clip).outputs[0].path

    asked = run("interpolate", [chunk], {"method": "blend"}, tmp_path / "asked")
    motion = run("interpolate", [chunk], {}, tmp_path / "motion")

    assert (asked.backend, asked.degraded) == ("blend", "")
    assert (motion.backend, motion.degraded) == ("minterpolate", "")


def test_learned_upscaling_that_is_not_there_is_reported_as_degraded(
    tmp_path: Path, make: Made
) -> None:
    clip = write_clip(tmp_path / "clip.mkv", moving_sprite(2), codec="ffv1")
    chunk = make("split", clip).outputs[0].path

    learned = run("upscale", [chunk], {"method": "learned"}, tmp_path / "learned")

    assert learned.backend == "lanczos"
    assert "No weights" in learned.degraded
