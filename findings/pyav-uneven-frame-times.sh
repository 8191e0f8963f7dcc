#!/usr/bin/env bash
# PyAV 18.1.0 (FFmpeg 8.1.2's libraries): an MP4 of H.264 with uneven frame times says that it is much
# shorter than it is, if the encoder uses B-frames, which is its default. Its file header says 10.04 s, its
# track 4.56 s, and its last picture stands from 10 to 10.04 s. The muxer takes the duration of a track from
# decoding times, in which the frame before a gap is not the frame that is shown before it. FFmpeg's demuxer
# believes the track. Without B-frames ("bf": "0") both say 10.04 s.
# The same was reported as PyAV-Org/PyAV#2335. Seen:
#   with B-frames: track 4.56 s, file 10.04 s, last picture ends at 10.04 s
#   without B-frames: track 10.04 s, file 10.04 s, last picture ends at 10.04 s
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q av==18.1.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import io
from fractions import Fraction

import av
import numpy as np

TIMES = [Fraction(n, 25) for n in (0, 1, 12, 25, 26, 100, 101, 248, 250)]
TICK = Fraction(1, 9000)


def made(options):
    noise, buffer = np.random.default_rng(1), io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.codec_context.time_base = TICK
        for at in TIMES:
            pixels = noise.integers(0, 255, (120, 160, 3), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = round(at / TICK), TICK
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def lengths(data):
    header = data.index(b"mvhd")
    scale, ticks = (int.from_bytes(data[at : at + 4], "big") for at in (header + 16, header + 20))
    with av.open(io.BytesIO(data)) as file:
        (stream,) = file.streams
        track = float(stream.duration * stream.time_base)
        ends = max((p.pts + p.duration) * p.time_base for p in file.demux(stream) if p.size)
    return track, ticks / scale, float(ends)


seen = {"with B-frames": lengths(made({})), "without B-frames": lengths(made({"bf": "0"}))}
for name, (track, header, ends) in seen.items():
    print(f"{name}: track {track:.2f} s, file {header:.2f} s, last picture ends at {ends:.2f} s")
assert [round(one, 2) for one in seen["with B-frames"]] == [4.56, 10.04, 10.04]
assert [round(one, 2) for one in seen["without B-frames"]] == [10.04, 10.04, 10.04]
PYTHON
