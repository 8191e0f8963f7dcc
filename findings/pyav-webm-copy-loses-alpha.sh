#!/usr/bin/env bash
# PyAV 18.1.0: a transparent WebM (VP9) that is copied packet by packet, with `add_stream_from_template`, keeps
# the packets of its alpha plane and loses the AlphaMode of its track, by which players know that there is one: it
# is shown opaque. With `metadata["alpha_mode"] = "1"` on the new stream the muxer writes it again. Seen:
#   made: AlphaMode True, 12 packets with alpha
#   copied: AlphaMode False, 12 packets with alpha
#   copied with the tag: AlphaMode True, 12 packets with alpha
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q av==18.1.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import io

import av
import numpy as np

ALPHA_MODE = b"\x53\xc0\x81\x01"


def made():
    buffer, pixels = io.BytesIO(), np.full((48, 64, 4), 255, np.uint8)
    pixels[:, 32:, 3] = 0
    with av.open(buffer, "w", format="webm") as file:
        stream = file.add_stream("libvpx-vp9", rate=24, options={"cpu-used": "8"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuva420p"
        for _ in range(12):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(format="yuva420p")
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def copied(data, tags):
    buffer = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(buffer, "w", format="webm") as result:
        stream = result.add_stream_from_template(source.streams.video[0])
        stream.metadata.update(tags)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                result.mux(packet)
    return buffer.getvalue()


def seen(data):
    with av.open(io.BytesIO(data)) as file:
        packets = [packet for packet in file.demux(video=0) if packet.size]
    alpha = sum(packet.has_sidedata("matroska_block_additional") for packet in packets)
    return ALPHA_MODE in data, alpha


whole = made()
results = {
    "made": seen(whole),
    "copied": seen(copied(whole, {})),
    "copied with the tag": seen(copied(whole, {"alpha_mode": "1"})),
}
for name, (mode, alpha) in results.items():
    print(f"{name}: AlphaMode {mode}, {alpha} packets with alpha")
assert list(results.values()) == [(True, 12), (False, 12), (True, 12)], results
PYTHON
