#!/usr/bin/env bash
# PyAV 18.1.0 (the wheel's libx264): the same pictures, encoded again with the same options by one thread, give other
# bytes on a processor with AVX-512, and other pictures when they are decoded. x264 is meant to be deterministic
# whatever the number of threads. It happens with B-frames and macroblock tree rate control, both usual in the
# presets (here veryfast), at 960 x 540; not with "no-mbtree=1", and not when x264 is kept to AVX2 ("asm=avx2").
# On a processor without AVX-512 there is nothing to see, and the script says so.
# Seen, of twelve encodings each (the first number differs from run to run and is more than 1):
#   usual: 8 different files
#   no-mbtree=1: 1
#   asm=avx2: 1
set -euo pipefail
grep -qw avx512bw /proc/cpuinfo || { echo "This processor has no AVX-512: not shown here."; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q av==18.1.0 numpy==2.4.6 pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import hashlib
import io

import av
import numpy as np
from PIL import Image

WIDTH, HEIGHT, COUNT = 960, 540, 100


def pictures():
    """A slow way into a mosaic."""
    pixels = np.random.default_rng(3).integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    mosaic = Image.fromarray(pixels).resize((WIDTH, HEIGHT))
    for number in range(COUNT):
        cut = 0.2 * number / COUNT
        left, top = WIDTH * cut * 0.3, HEIGHT * cut * 0.6
        box = (left, top, left + WIDTH * (1 - cut), top + HEIGHT * (1 - cut))
        view = np.asarray(mosaic.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC, box=box))
        yield av.VideoFrame.from_ndarray(view, format="rgb24").reformat(format="yuv420p")


def encoded(extra):
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        options = {"preset": "veryfast", "crf": "20", **({"x264-params": extra} if extra else {})}
        stream = file.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1
        for picture in pictures():
            file.mux(stream.encode(picture))
        file.mux(stream.encode(None))
    return hashlib.sha256(buffer.getvalue()).hexdigest()


seen = {extra: len({encoded(extra) for _ in range(12)}) for extra in ("", "no-mbtree=1", "asm=avx2")}
print(*(f"{extra or 'usual'}: {count}" for extra, count in seen.items()), sep="\n")
assert seen[""] > 1
assert seen["no-mbtree=1"] == seen["asm=avx2"] == 1
PYTHON
