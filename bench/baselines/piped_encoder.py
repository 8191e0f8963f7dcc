"""FFmpeg's libraries alone: raw frames from standard input, encoded and muxed as a channel is.

`python -m bench.baselines.piped_encoder FILE`. It says its processor time at the end.
"""

from __future__ import annotations

import sys
import time
from fractions import Fraction
from typing import Any

import av

from streams.encoder.canvas import HEIGHT, WIDTH
from streams.encoder.clock import FPS
from streams.encoder.output import MUXER_OPTIONS, VIDEO_OPTIONS

RAW = {"video_size": f"{WIDTH}x{HEIGHT}", "pixel_format": "yuv420p", "framerate": str(FPS)}


def main() -> None:
    source: Any = av.open("pipe:0", format="rawvideo", options=RAW)
    target: Any = av.open(sys.argv[1], "w", format="mpegts", options=MUXER_OPTIONS)
    stream = target.add_stream("libx264", rate=FPS, options=VIDEO_OPTIONS)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.codec_context.time_base = Fraction(1, FPS)
    began = time.process_time()
    for number, frame in enumerate(source.decode(video=0)):
        frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, FPS), 0
        for packet in stream.encode(frame):
            target.mux(packet)
    for packet in stream.encode(None):
        target.mux(packet)
    target.close()
    sys.stdout.write(f"{time.process_time() - began}\n")


if __name__ == "__main__":
    main()
