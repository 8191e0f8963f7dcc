#!/usr/bin/env bash
# PyAV 18.1.0 (FFmpeg 8.1.2's libraries): an Ogg file that was joined from two Opus files, which the format
# allows (a chain), is decoded to its end without an error, says it is as long as its LAST link, and the times of
# its frames begin anew within. So neither the duration nor the latest time is how long it plays. Seen:
#   1 s and 3 s: says 3.01 s, latest time 3.00 s, decoded 4.00 s
#   3 s and 1 s: says 1.01 s, latest time 3.02 s, decoded 4.00 s
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q av==18.1.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import io

import av
import numpy as np

RATE, LENGTH = 48_000, 960


def opus(seconds):
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as file:
        stream = file.add_stream("libopus", rate=RATE, layout="mono")
        for start in range(0, seconds * RATE, LENGTH):
            wave = 0.3 * np.sin(np.arange(start, start + LENGTH, dtype=np.float32) * 0.05)
            frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="flt", layout="mono")
            frame.sample_rate, frame.pts = RATE, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def lengths(data):
    latest = decoded = 0.0
    with av.open(io.BytesIO(data)) as file:
        for frame in file.decode(audio=0):
            length = frame.samples / frame.sample_rate
            decoded += length
            latest = max(latest, frame.time + length)
        return round(file.duration / av.time_base, 2), round(latest, 2), round(decoded, 2)


seen = {(a, b): lengths(opus(a) + opus(b)) for a, b in ((1, 3), (3, 1))}
for (a, b), (says, latest, decoded) in seen.items():
    print(f"{a} s and {b} s: says {says:.2f} s, latest time {latest:.2f} s, decoded {decoded:.2f} s")
assert seen == {(1, 3): (3.01, 3.0, 4.0), (3, 1): (1.01, 3.02, 4.0)}, seen
PYTHON
