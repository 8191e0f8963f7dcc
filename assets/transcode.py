"""Turning what browsers cannot play into what they all can: MP3, or MP4 with H.264 and AAC."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from . import timed
from .containers import Container
from .errors import DamagedMedia
from .kinds import Kind

SOUND_RATE = 48_000
FALLBACK_RATE = Fraction(25)
# An index at the front lets a browser begin before it has everything.
MUXERS: dict[str, dict[str, str]] = {"mp4": {"movflags": "+faststart"}, "mp3": {}}
H264_OPTIONS = {"preset": "veryfast", "crf": "20"}


def for_browsers(
    path: Path, container: Container, kind: Kind, target: Path
) -> tuple[Path, tuple[str, str]]:
    """Write the converted file to `target`: it, its content type and its extension.

    The source was decoded to its end before, so it failing here is as good as damaged.
    """
    video = kind is Kind.VIDEO
    muxer = "mp4" if video else "mp3"
    try:
        # Python writes the file, so that a full disk is Python's own error.
        with (
            timed.open_media(path, container) as source,
            target.open("w+b") as stream,
            av.open(stream, "w", format=muxer, options=MUXERS[muxer]) as result,
        ):
            _convert(source, result, "aac" if video else "libmp3lame")
    except av.error.FFmpegError as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise DamagedMedia(f"The {kind.noun} cannot be turned into what browsers play.") from error
    return target, ("video/mp4", "mp4") if video else ("audio/mpeg", "mp3")


def _convert(source: Any, result: Any, sound_codec: str) -> None:
    lanes: dict[int, _Sound | _Picture] = {}
    streams = timed.wanted_streams(source)
    for stream in streams:
        if stream.type == "audio":
            lanes[stream.index] = _Sound(result, stream, sound_codec)
        else:
            lanes[stream.index] = _Picture(result, stream)
    for packet in source.demux(streams):
        lane = lanes[packet.stream.index]
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue  # forgiven when the file was proved
        for frame in frames:
            result.mux(list(lane.encode(frame)))
    for lane in lanes.values():
        result.mux(list(lane.finish()))


class _Sound:
    def __init__(self, result: Any, source: Any, codec: str) -> None:
        layout = "mono" if source.codec_context.layout.nb_channels == 1 else "stereo"
        self._stream = result.add_stream(codec, rate=SOUND_RATE, layout=layout)
        self._stream.bit_rate = 192_000
        context = self._stream.codec_context
        context.open()
        self._resampler = av.AudioResampler(
            format=context.format.name,
            layout=layout,
            rate=SOUND_RATE,
            frame_size=context.frame_size,
        )

    def encode(self, frame: Any) -> Iterator[Any]:
        for resampled in self._resampler.resample(frame):
            yield from self._stream.encode(resampled)

    def finish(self) -> Iterator[Any]:
        yield from self.encode(None)
        yield from self._stream.encode(None)


class _Picture:
    def __init__(self, result: Any, source: Any) -> None:
        rate = source.average_rate or source.guessed_rate or FALLBACK_RATE
        context = source.codec_context
        self._stream = result.add_stream("libx264", rate=rate, options=H264_OPTIONS)
        # H.264 with halved colour wants even sides.
        self._stream.width = max(2, context.width // 2 * 2)
        self._stream.height = max(2, context.height // 2 * 2)
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = source.time_base

    def encode(self, frame: Any) -> Iterator[Any]:
        turned = frame.reformat(self._stream.width, self._stream.height, "yuv420p")
        turned.pict_type = 0  # the encoder chooses its own key frames
        turned.pts, turned.time_base = frame.pts, frame.time_base
        yield from self._stream.encode(turned)

    def finish(self) -> Iterator[Any]:
        yield from self._stream.encode(None)
