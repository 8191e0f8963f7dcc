"""Operations on video at sizes and lengths that take a while, each in a process of its own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from statistics import fmean
from textwrap import dedent

import av
import numpy as np
import pytest

from operations.runner import run
from tests.operations.clips import (
    blend,
    click,
    moving_sprite,
    pictures_of,
    psnr,
    sound_of,
    texture,
    write_clip,
)
from tests.operations.test_split import write_deep

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("transfer", [16, 18], ids=["PQ", "HLG"])
def test_hdr_is_brought_to_the_range_of_ordinary_screens(transfer: int, tmp_path: Path) -> None:
    clip = write_deep(tmp_path / "hdr.mkv", transfer)

    assert run("probe", [clip], {}, tmp_path / "probe").details["is_hdr"] is True
    chunk = run("split", [clip], {}, tmp_path / "split").outputs[0].path

    luma = pictures_of(chunk)[0][0][0].astype(int)
    assert (np.diff(luma) >= 0).all()
    assert luma[0] == 16
    assert 190 <= luma[-1] <= 235
    with av.open(str(chunk)) as media:
        frame = next(media.decode(video=0))
        assert (frame.color_trc, frame.color_primaries, frame.format.name) == (1, 1, "yuv420p")


def test_clip_becomes_a_film_of_twice_the_rate_and_size(tmp_path: Path) -> None:
    truth = moving_sprite(50, 320, 180)
    clip = write_clip(tmp_path / "clip.mp4", truth[::2], rate=25, sound=click(1.0, 0.6))

    chunks = run("split", [clip], {"seconds": 0.4}, tmp_path / "split").outputs
    made = []
    for chunk in chunks:
        smooth = run("interpolate", [chunk.path], {}, tmp_path / "smooth").outputs[0].path
        made.append(run("upscale", [smooth], {}, tmp_path / "large").outputs[0].path)
    sound = run("extract", [clip], {"sound": True}, tmp_path / "sound").outputs[0].path
    film = run("mux", [*reversed(made), sound], {"quality": 10}, tmp_path / "film")

    pictures = pictures_of(film.outputs[0].path)
    assert len(pictures) == len(truth)
    assert pictures[0][0].shape == (360, 640)
    between = range(1, 47, 2)
    ours = fmean(psnr([pictures[n][0][::2, ::2]], truth[n]) for n in between)
    plain = fmean(psnr(blend(truth[n - 1], truth[n + 1]), truth[n]) for n in between)
    assert ours > plain
    heard = sound_of(film.outputs[0].path)
    assert abs(int(np.argmax(np.abs(heard))) / 48_000 - 0.6) < 0.02
    assert abs(len(heard) / 48_000 - 1.0) < 0.02


@pytest.mark.parametrize(("step", "gain"), [(1, 14), (2, 10)])
def test_interpolation_at_several_speeds(step: int, gain: float, tmp_path: Path) -> None:
    """The sprite moves 6 or 12 pixels between the pictures that are there."""
    truth = moving_sprite(50, 320, 180)[::step]
    clip = write_clip(tmp_path / "clip.mkv", truth[::2], codec="ffv1")
    chunk = run("split", [clip], {}, tmp_path / "split").outputs[0].path

    made = pictures_of(run("interpolate", [chunk], {}, tmp_path / "made").outputs[0].path)

    between = range(1, len(truth) - 3, 2)
    ours = fmean(psnr(made[n], truth[n]) for n in between)
    plain = fmean(psnr(blend(truth[n - 1], truth[n + 1]), truth[n]) for n in between)
    assert ours - plain >= gain


def test_still_scene_with_noise_has_no_cuts(tmp_path: Path) -> None:
    ground = texture(90, 160, fine=4, seed=8) * 150 + 50
    noise = np.random.default_rng(9)
    colour = [np.full((45, 80), 128, np.uint8)] * 2
    noisy = [
        [(ground + noise.normal(0, 8, ground.shape)).clip(16, 235).astype(np.uint8), *colour]
        for _ in range(30)
    ]
    clip = write_clip(tmp_path / "noise.mkv", noisy)

    assert run("split", [clip], {}, tmp_path / "split").details["cuts"] == []


def test_backend_ends_with_a_caller_that_is_killed(tmp_path: Path) -> None:
    code = f"""
        from pathlib import Path
        from operations.runner import run
        from tests.operations.fake_kinds import OPERATION
        def report(progress, phase):
            print(phase, flush=True)
        run(OPERATION, [Path({str(ROOT / "pyproject.toml")!r})], {{"how": "fall_silent"}}, Path({str(tmp_path)!r}), report)
    """
    caller = subprocess.Popen(
        [sys.executable, "-c", dedent(code)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert caller.stdout is not None
    assert caller.stdout.readline() == "silent\n"
    children = Path(f"/proc/{caller.pid}/task/{caller.pid}/children").read_text().split()
    assert len(children) == 1
    descriptor = os.pidfd_open(int(children[0]))

    caller.kill()
    caller.wait()
    caller.stdout.close()

    try:
        signal.pidfd_send_signal(descriptor, 0)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        assert poll.poll(20_000)  # readable once it has ended
    except ProcessLookupError:
        pass
    finally:
        os.close(descriptor)
