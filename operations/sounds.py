"""Sounds between the operations: 48 000 samples a second in two channels, without loss (FLAC)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from . import sentences
from .containers import CLIPS, SOUNDS, open_media, require_media, with_one_thread
from .errors import BadInput

SOUND_RATE = 48_000
LAYOUT = "stereo"
MAX_BAD_SHARE = 0.02
TICK = Fraction(1, SOUND_RATE)


def decoded_sound(path: Path, start: Fraction = Fraction(0)) -> Iterator[Any]:
    """Its sound as frames of 16 bits, beginning at `start` seconds of the file: what is before is left
    out, and where nothing is yet, or is missing in between, there is silence.

    Raises BadInput where there is none, or it is damaged.
    """
    with open_media(path, require_media(path, CLIPS | SOUNDS), sentences.DAMAGED_SOUND) as media:
        if not media.streams.audio:
            raise BadInput(sentences.NO_SOUND)
        stream = with_one_thread(media.streams.audio[0])
        frames = _decoded(media, stream)
        yield from _evened(frames, start)


def _decoded(media: Any, stream: Any) -> Iterator[Any]:
    packets = bad = 0
    for packet in media.demux(stream):
        packets += bool(packet.size)
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            bad += 1
    if bad > max(1, MAX_BAD_SHARE * packets):
        raise BadInput(sentences.DAMAGED_SOUND)


def _evened(frames: Iterator[Any], start: Fraction) -> Iterator[Any]:
    """FFmpeg's `aresample` keeps the time: `async` fills what is missing and drops what is too much."""
    graph: Any = None
    shape: tuple[Any, ...] = ()
    for frame in frames:
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if graph is None:
            shape, graph = now, _resampling(frame, start)
        elif now != shape:
            raise BadInput(sentences.DAMAGED_SOUND)
        graph.push(frame)
        yield from pulled(graph)
    if graph is not None:
        graph.push(None)
        yield from pulled(graph)


def _resampling(frame: Any, start: Fraction) -> Any:
    graph = av.filter.Graph()
    graph.threads = 1
    base = Fraction(frame.time_base or Fraction(1, frame.sample_rate))
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=base,
    )
    # In front of it the times count from `start` on; a sound without times begins there.
    shift = graph.add("asetpts", f"PTS-({float(start)!r}/TB)")
    even = graph.add("aresample", f"{SOUND_RATE}:async=1:first_pts=0")
    form = graph.add("aformat", f"sample_fmts=s16:channel_layouts={LAYOUT}")
    graph.link_nodes(source, shift, even, form, graph.add("abuffersink")).configure()
    return graph


def pulled(graph: Any) -> Iterator[Any]:
    """What a filter has ready."""
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def write_sound(path: Path, frames: Iterable[Any]) -> int:
    """Write frames of 16 bits as FLAC; the number of samples. Raises BadInput where there is none."""
    samples = 0
    with av.open(str(path), "w", format="flac") as media:
        stream = with_one_thread(media.add_stream("flac", rate=SOUND_RATE, layout=LAYOUT))
        stream.codec_context.open()
        waiting = av.AudioFifo()
        for frame in frames:
            frame.pts = None
            waiting.write(frame)
            for whole in waiting.read_many(stream.codec_context.frame_size):
                samples += _encode(media, stream, whole, samples)
        if (rest := waiting.read()) is not None:
            samples += _encode(media, stream, rest, samples)
        if samples:
            media.mux(stream.encode(None))
    if not samples:
        raise BadInput(sentences.NO_SOUND)
    return samples


def _encode(media: Any, stream: Any, frame: Any, position: int) -> int:
    frame.pts, frame.time_base = position, TICK
    media.mux(stream.encode(frame))
    return int(frame.samples)
