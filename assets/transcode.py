"""Turning what browsers cannot play into what they all can: MP3, or MP4 with H.264 and AAC."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from . import sentences
from .containers import (
    MP3_WITH_LENGTH,
    MP4,
    Container,
    codec_errors_as,
    first_streams,
    open_media,
)
from .deadlines import CONVERTING_SECONDS, Deadline
from .decoding import DecodedMedia, DecodedTrack, Timeline
from .films import TICK, FilmEncoder, as_h264
from .kinds import MediaKind

SOUND_RATE = 48_000
MAX_RATE = 120
# Sound that is missing for less is an encoder's rounding.
MAX_GAP = SOUND_RATE // 10
MAX_LOST_SECONDS = 0.5
_YUV420P = av.VideoFormat("yuv420p")
# An index at the front lets a browser begin before it has everything.
MUXERS: dict[str, dict[str, str]] = {"mp4": {"movflags": "+faststart"}, "mp3": {}}
COPYING_MUXERS = {"m4a": "mp4", "aac": "adts"}  # by extension, where they differ


def for_browsers(decoded: DecodedMedia, target: Path) -> tuple[Path, Container, str, str]:
    """Write the converted file to `target`: it, its container, its content type and its extension.

    The source was decoded to its end before, so it failing here is as good as damaged.
    """
    video = decoded.kind is MediaKind.VIDEO
    muxer = "mp4" if video else "mp3"
    # Python writes the file, so that a full disk is Python's own error.
    with (
        codec_errors_as(sentences.NOT_CONVERTED % {"noun": decoded.kind.noun}),
        target.open("w+b") as stream,
        av.open(stream, "w", format=muxer, options=MUXERS[muxer]) as result,
    ):
        _convert(decoded, result, "aac" if video else "libmp3lame")
    if video:
        return target, MP4, "video/mp4", "mp4"
    return target, MP3_WITH_LENGTH, "audio/mpeg", "mp3"


def copied(decoded: DecodedMedia, extension: str, target: Path) -> Path:
    """Write the same sound and pictures, as they are encoded, to `target` and nothing else, beginning
    at once. Raises DamagedMedia where the muxer does not take them.
    """
    muxer = COPYING_MUXERS.get(extension, extension)
    late = decoded.start if decoded.begins_late else Fraction(0)
    with (
        codec_errors_as(sentences.NOT_COPIED),
        open_media(decoded.parts[0], decoded.container) as source,
        target.open("w+b") as stream,
        av.open(stream, "w", format=muxer, options=MUXERS.get(muxer, {})) as result,
    ):
        _copy(source, result, late)
    return target


def _copy(source: Any, result: Any, late: Fraction) -> None:
    streams = first_streams(source)
    copies = {one.index: result.add_stream_from_template(one) for one in streams}
    for one in streams:
        if (
            alpha := one.metadata.get("alpha_mode")
        ) is not None:  # findings/pyav-webm-copy-loses-alpha.sh
            copies[one.index].metadata["alpha_mode"] = alpha
    deadline = Deadline(CONVERTING_SECONDS, "copy")
    for packet in source.demux(streams):
        deadline.check()
        if packet.size:  # the last one of a stream is empty
            shift = round(late / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts = None if packet.dts is None else packet.dts - shift
            packet.stream = copies[packet.stream.index]
            result.mux(packet)


def _convert(decoded: DecodedMedia, result: Any, sound_codec: str) -> None:
    encoders: dict[str, _AudioEncoder | _VideoEncoder] = {}
    for track in decoded.tracks:
        if track.type == "audio":
            encoders["audio"] = _AudioEncoder(result, track, sound_codec, decoded)
        else:
            encoders["video"] = _VideoEncoder(result, track, decoded)
    deadline = Deadline(CONVERTING_SECONDS, "convert")
    for part in decoded.parts:
        with open_media(part, decoded.container) as source:
            _encode_part(source, encoders, result, deadline)
    for encoder in encoders.values():
        result.mux(list(encoder.finish()))


def _encode_part(
    source: Any,
    encoders: dict[str, _AudioEncoder | _VideoEncoder],
    result: Any,
    deadline: Deadline,
) -> None:
    for encoder in encoders.values():
        encoder.times.begin_anew()
    for packet in source.demux(first_streams(source)):
        encoder = encoders[packet.stream.type]
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue  # tolerated when the file was examined
        for frame in frames:
            deadline.check()
            result.mux(list(encoder.encode(frame)))


class _AudioEncoder:
    """One even row of samples, whatever came: changes of rate and channels are evened out, and where
    sound is missing in a video there is silence."""

    def __init__(self, result: Any, track: DecodedTrack, codec: str, decoded: DecodedMedia) -> None:
        self.times = Timeline()
        self._layout = "mono" if track.channels == 1 else "stereo"
        self._stream = result.add_stream(codec, rate=SOUND_RATE, layout=self._layout)
        self._stream.bit_rate = 192_000
        context = self._stream.codec_context
        context.open()
        self._format, self._length = context.format.name, context.frame_size
        self._start = decoded.start if decoded.kind is MediaKind.VIDEO else None
        self._shape: tuple[Any, ...] = ()
        self._resampler: Any = None
        self._waiting = av.AudioFifo()
        self._samples = 0  # that have come
        self._encoded = 0  # of them

    def encode(self, frame: Any) -> Iterator[Any]:
        at = self.times.place(frame)
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            yield from self._take(self._rest())
            self._shape = shape
            self._resampler = av.AudioResampler(self._format, self._layout, SOUND_RATE)
        if self._start is not None:
            yield from self._silence(round((at - self._start) * SOUND_RATE))
        frame.pts = None
        yield from self._take(self._resampler.resample(frame))

    def finish(self) -> Iterator[Any]:
        yield from self._take(self._rest())
        if (last := self._waiting.read()) is not None:
            yield from self._stream.encode(self._placed(last))
        yield from self._stream.encode(None)

    def _rest(self) -> list[Any]:
        return self._resampler.resample(None) if self._resampler else []

    def _take(self, frames: list[Any]) -> Iterator[Any]:
        for frame in frames:
            frame.pts = None
            self._samples += frame.samples
            self._waiting.write(frame)
        for whole in self._waiting.read_many(self._length):
            yield from self._stream.encode(self._placed(whole))

    def _placed(self, frame: Any) -> Any:
        frame.pts, frame.time_base = self._encoded, Fraction(1, SOUND_RATE)
        self._encoded += frame.samples
        return frame

    def _silence(self, until: int) -> Iterator[Any]:
        missing = until - self._samples
        while missing > MAX_GAP:
            silent = av.AudioFrame(self._format, self._layout, min(missing, SOUND_RATE))
            for plane in silent.planes:
                plane.update(bytes(plane.buffer_size))
            silent.sample_rate = SOUND_RATE
            yield from self._take([silent])
            missing = until - self._samples


class _VideoEncoder:
    """The pictures as they are meant to be seen, each for as long as it stood."""

    def __init__(self, result: Any, track: DecodedTrack, decoded: DecodedMedia) -> None:
        self.times = Timeline()
        self._start = decoded.start
        wide, high = track.geometry.square(track.width, track.height)
        # H.264 with halved colour wants even sides.
        self._size = wide, high = max(2, wide // 2 * 2), max(2, high // 2 * 2)
        self._turn = _turning(track, wide, high)
        self._film = FilmEncoder(
            result,
            track.geometry.turned(wide, high),
            rate=_rate_of(track),
            primaries=track.primaries,
            transfer=track.transfer,
        )

    def encode(self, frame: Any) -> Iterator[Any]:
        at = self.times.place(frame) - self._start
        picture = self._turn(as_h264(frame, *self._size))
        return self._film.encode(picture, at, self.times.end - self.times.latest)

    def finish(self) -> Iterator[Any]:
        return self._film.finish()


def _rate_of(track: DecodedTrack) -> Fraction:
    """Pictures in a second, for an encoder that wants to know; the times of the pictures are their own."""
    seconds = track.end - track.start
    rate = Fraction(track.frames) / seconds if seconds else Fraction(1)
    return max(Fraction(1), min(Fraction(MAX_RATE), rate)).limit_denominator(1001)


def _turning(track: DecodedTrack, width: int, height: int) -> Callable[[Any], Any]:
    """What turns pictures of this size upright."""
    filters = track.geometry.filters
    if not filters:
        return lambda picture: picture
    graph = av.filter.Graph()
    nodes = [graph.add_buffer(width=width, height=height, format=_YUV420P, time_base=TICK)]
    nodes += [graph.add(name, argument) for name, argument in filters]
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()

    def turn(picture: Any) -> Any:
        graph.vpush(picture)
        return graph.vpull()

    return turn
