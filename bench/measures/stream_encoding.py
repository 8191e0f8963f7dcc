"""B13: processor time of a minute of stream, against FFmpeg's libraries that encode the same frames."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.processor_time import processor_seconds
from bench.rows import NotMeasured, Row, judge_maximum, judge_ratio, plain_bar, ratio_bar
from bench.statistics import median
from streams.encoder.canvas import Canvas, Planes
from streams.encoder.clock import FPS
from streams.encoder.protocol import EncoderReport, Picture, read_report
from streams.encoder.screen import FADE_FRAMES, blend

ROUNDS = 5
SECONDS = 20  # of each round
CHANGE_SECONDS = 4  # a picture, and the cross-fade to it
WARM_SECONDS = 4.0  # until an encoder has made up for its start
MAX_RATIO, MAX_CORE_SECONDS = 1.3, 60.0
MINUTE_FRAMES = 60 * FPS
ROOT = Path(__file__).resolve().parent.parent.parent
BARS = {
    "B13.ffmpeg": ratio_bar(MAX_RATIO, "s"),
    "B13.core": plain_bar(MAX_CORE_SECONDS, "s"),
}
NOTE = (
    f"processor seconds of a minute of 1280x720 at {FPS} frames/s with sound, a picture every "
    f"{CHANGE_SECONDS} s with its cross-fade, by the whole encoder process; the baseline gets the same frames "
    "ready made from a pipe, without sound"
)


def measure(context: Context, engine: Engine) -> list[Row]:
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        pictures = _pictures(Path(folder))
        frames = list(_frames(pictures))
        for _ in range(ROUNDS):
            ours.append(_encoder_seconds(Path(folder), pictures))
            theirs.append(_piped_seconds(Path(folder), frames))
            print_progress(f"B13: {ours[-1]:.1f} s, FFmpeg {theirs[-1]:.1f} s for a minute")
    return [
        judge_ratio("B13.ffmpeg", ours=ours, theirs=theirs, maximum=MAX_RATIO, unit="s", note=NOTE),
        judge_maximum(
            "B13.core",
            ours=ours,
            value=median(ours),
            maximum=MAX_CORE_SECONDS,
            unit="s",
            note=f"{NOTE.partition(';')[0]}; 60 s would be one core",
        ),
    ]


def _pictures(folder: Path) -> list[Picture]:
    """Texts and images in turn."""
    made = []
    for number in range(SECONDS // CHANGE_SECONDS):
        path = folder / f"{number}.png"
        tones = np.random.default_rng(number).integers(0, 255, (36, 64, 3), dtype=np.uint8)
        Image.fromarray(tones).resize((1920, 1080), Image.Resampling.BICUBIC).save(path)
        words = f"Step {number}: a horse stands in the snow and listens to the machines."
        kind = Picture(str(number), "text", text=words, label=words)
        image = Picture(str(number), "image", path=str(path), caption=words, label=words)
        made.append(image if number % 2 else kind)
    return made


def _frames(pictures: list[Picture]) -> Iterator[Planes]:
    """What the encoder makes of them, frame by frame."""
    canvas = Canvas([])
    drawn = [canvas.draw(picture).planes for picture in pictures]
    for number, planes in enumerate(drawn):
        before = drawn[number - 1]
        for frame in range(CHANGE_SECONDS * FPS):
            fading = frame < FADE_FRAMES
            yield blend(before, planes, (frame + 1) / (FADE_FRAMES + 1)) if fading else planes


def _piped_seconds(folder: Path, frames: list[Planes]) -> float:
    command = [sys.executable, "-m", "bench.baselines.piped_encoder", str(folder / "piped.ts")]
    with subprocess.Popen(
        command, cwd=ROOT, env=_environment(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise NotMeasured("the baseline has no pipes")
        for planes in frames:
            process.stdin.write(planes.data)
        process.stdin.close()
        used = float(process.stdout.read())
    return used * MINUTE_FRAMES / len(frames)


def _encoder_seconds(folder: Path, pictures: list[Picture]) -> float:
    command = [sys.executable, "-m", "streams.encoder", "bench"]
    with subprocess.Popen(
        command, cwd=ROOT, env=_environment(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise NotMeasured("the encoder has no pipes")
        process.stdin.write(pictures[-1].to_line().encode())
        process.stdin.flush()
        time.sleep(WARM_SECONDS)
        before, used = _newest_report(process.stdout.readline()), processor_seconds(process.pid)
        began = time.monotonic()
        for number, picture in enumerate(pictures, start=1):
            process.stdin.write(picture.to_line().encode())
            process.stdin.flush()
            time.sleep(max(0.0, began + number * CHANGE_SECONDS - time.monotonic()))
        used = processor_seconds(process.pid) - used
        took = time.monotonic() - began
        after = _last_report(process)
    made = took * FPS - max(0, after.late_frames - before.late_frames)
    return used * MINUTE_FRAMES / made


def _last_report(process: subprocess.Popen[bytes]) -> EncoderReport:
    process.kill()
    lines = process.stdout.read().splitlines() if process.stdout else []
    return _newest_report(lines[-1] if lines else b"")


def _newest_report(line: bytes) -> EncoderReport:
    report = read_report(line.decode())
    if report is None:
        raise NotMeasured("the encoder says nothing")
    return report


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PANIC_DATA_DIR": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "panic.settings",
    }
