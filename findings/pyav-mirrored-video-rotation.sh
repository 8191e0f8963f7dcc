#!/usr/bin/env bash
# PyAV 18.1.0: `VideoFrame.rotation` of a video that its MP4 says is mirrored is -180, as of one that is upside
# down, and that of one mirrored from top to bottom is 0, as of one that is as it is. Who turns by it shows another
# picture than was meant; the matrix in the frame's side data tells them apart. Seen:
#   as it is: rotation 0
#   mirrored left to right: rotation -180
#   upside down: rotation -180
#   mirrored top to bottom: rotation 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q av==18.1.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import io
import struct

import av
import numpy as np

ONE = 65536
MATRICES = {
    "as it is": (ONE, ONE),
    "mirrored left to right": (-ONE, ONE),
    "upside down": (-ONE, -ONE),
    "mirrored top to bottom": (ONE, -ONE),
}

buffer = io.BytesIO()
with av.open(buffer, "w", format="mp4") as file:
    stream = file.add_stream("libx264", rate=25)
    stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
    pixels = np.zeros((120, 160, 3), np.uint8)
    for _ in range(5):
        file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
    file.mux(stream.encode(None))
data = buffer.getvalue()

seen = {}
for name, (x, y) in MATRICES.items():
    at = data.index(b"tkhd") + 44
    matrix = struct.pack(">9i", x, 0, 0, 0, y, 0, 0, 0, 1 << 30)
    with av.open(io.BytesIO(data[:at] + matrix + data[at + 36 :])) as file:
        seen[name] = next(file.decode(video=0)).rotation
    print(f"{name}: rotation {seen[name]}")
assert list(seen.values()) == [0, -180, -180, 0], seen
PYTHON
