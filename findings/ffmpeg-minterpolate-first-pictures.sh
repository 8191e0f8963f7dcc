#!/usr/bin/env bash
# FFmpeg 8.1.2's minterpolate (through PyAV 18.1.0) is much worse between the first pictures of a clip than
# between later ones of the same even motion: its default search (epzs) starts from the motion of the pictures
# before, and at the beginning there is none. A textured sprite moves 6 pixels between pictures over a still
# ground; what the filter puts in the middle is compared with what truly stands there. The first one is 18 dB
# further from the truth than the fifth. Who splits a clip into parts of a few seconds and interpolates each
# gets such pictures at every seam, unless each part begins some pictures early. With four pictures of the part
# before, which are thrown away afterwards, there is no such beginning.
# Seen (dB, for each gap between two pictures):
#   plain blend: 28.3 28.3 28.4 28.4 28.4 28.3
#   minterpolate: 34.0 36.8 40.6 44.8 51.7 50.7
#   minterpolate, begun four pictures early: 52.3 51.5 50.5 51.1 51.7 50.7
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q av==18.1.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
from fractions import Fraction

import av
import numpy as np

WIDTH, HEIGHT = 160, 120
LEAD, COUNT = 4, 7  # pictures
OPTIONS = "fps=50:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:mb_size=8:scd=none"


def texture(height, width, fine, seed):
    noise = np.random.default_rng(seed).normal(size=(height, width))
    kernel = np.exp(-(np.arange(-9, 10) ** 2) / (2 * fine**2))
    for axis in (0, 1):
        noise = np.apply_along_axis(np.convolve, axis, noise, kernel / kernel.sum(), "same")
    return (noise - noise.min()) / (noise.max() - noise.min())


def picture(number):
    luma = texture(HEIGHT, WIDTH, 6, 1) * 60 + 90
    sprite = texture(HEIGHT // 3, WIDTH // 3, 1.5, 2) * 200 + 25
    x, y = 28 + 3 * number, 12 + number
    luma[y : y + sprite.shape[0], x : x + sprite.shape[1]] = sprite
    return luma.round().astype(np.uint8)


def frame_of(luma, number):
    colour = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
    frame = av.VideoFrame.from_ndarray(np.vstack([luma, colour]), format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, 25)
    return frame


def psnr(one, other):
    return 10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2))


def interpolated(begin):
    """The pictures from this one on, with those in the middle; the first and the last are repeated,
    because the filter makes nothing between the first two and the last two."""
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_buffer(width=WIDTH, height=HEIGHT, format="yuv420p", time_base=Fraction(1, 25))
    nodes = [source, graph.add("minterpolate", OPTIONS), graph.add("buffersink")]
    graph.link_nodes(*nodes).configure()
    numbers = range(begin, COUNT)
    for number in (begin - 1, *numbers, COUNT):
        shown = min(max(number, begin), COUNT - 1)
        graph.vpush(frame_of(truth[2 * shown], number))
    graph.vpush(None)
    found = {}
    while True:
        try:
            frame = graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return found
        found[frame.pts] = frame.to_ndarray()[:HEIGHT]


truth = {number: picture(number) for number in range(-2 * LEAD, 2 * COUNT)}
gaps = range(1, 2 * COUNT - 2, 2)
at_once, early = interpolated(0), interpolated(-LEAD)
seen = {
    "plain blend": [psnr((truth[n - 1].astype(float) + truth[n + 1]) / 2, truth[n]) for n in gaps],
    "minterpolate": [psnr(at_once[n], truth[n]) for n in gaps],
    "minterpolate, begun four pictures early": [psnr(early[n], truth[n]) for n in gaps],
}
for name, values in seen.items():
    print(f"{name}: {' '.join(f'{value:.1f}' for value in values)}")
plain, cold, warm = seen.values()
assert cold[0] < plain[0] + 10 and cold[4] > cold[0] + 12
assert min(warm) > plain[0] + 18
PYTHON
