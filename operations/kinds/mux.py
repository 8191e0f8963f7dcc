"""Makes the film: H.264 and AAC in an MP4 that every browser plays, from chunks and sounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.reformatter import ColorRange, Colorspace

from operations import sentences
from operations.chunks import ChunkHeader, in_order, is_chunk, own_frames_of
from operations.containers import with_one_thread
from operations.contract import (
    CHUNK,
    FILM,
    SOUND,
    MadeOutputs,
    Operation,
    OperationBackend,
    OperationOutput,
    OperationParameter,
    OperationWork,
)
from operations.errors import BadInput, BadParameters
from operations.mixing import mixed_sounds
from operations.planes import BT709, FORMAT, frame_of, padded, planes_of
from operations.sounds import LAYOUT, SOUND_RATE

MAX_INPUTS = 11_000
SOUND_BITS = 192_000  # a second
KEY_SECONDS = 2


def mux(work: OperationWork) -> MadeOutputs:
    film = _planned(work)
    path = work.folder / "film.mp4"
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as media:
        if title := work.parameters["title"]:
            media.metadata["title"] = title
        pictures = _add_pictures(media, film, work)
        sound = _add_sound(media) if film.sounds else None
        _encode(media, film, pictures, sound, work)
    details = {
        "frames": film.frames,
        "rate": str(film.rate),
        "seconds": round(float(film.frames / film.rate), 4),
        "width": film.size[0],
        "height": film.size[1],
        "has_sound": sound is not None,
    }
    return MadeOutputs([OperationOutput(path, FILM, film.frames)], details)


@dataclass(frozen=True, slots=True)
class _PlannedFilm:
    chunks: list[tuple[Path, ChunkHeader]]
    sounds: list[Path]
    offsets: list[float]
    rate: Fraction
    frames: int
    size: tuple[int, int]

    @property
    def samples(self) -> int:
        """Of its sound, which is as long as its pictures."""
        return round(self.frames / self.rate * SOUND_RATE)


def _planned(work: OperationWork) -> _PlannedFilm:
    chunks = [path for path in work.inputs if is_chunk(path)]
    sounds = [path for path in work.inputs if path not in chunks]
    if not chunks:
        raise BadInput(sentences.NOT_A_CHUNK % {"file": work.inputs[0].name})
    ordered = in_order(chunks)
    offsets = list(work.parameters["offsets"] or [0.0] * len(sounds))
    if len(offsets) != len(sounds):
        raise BadParameters(sentences.LISTS_DIFFER % {"name": "offsets", "count": len(sounds)})
    first = ordered[0][1]
    # Halved colours want even sides: a line more, like the last one, loses nothing.
    size = first.width + first.width % 2, first.height + first.height % 2
    frames = sum(header.frames for _, header in ordered)
    return _PlannedFilm(ordered, sounds, offsets, first.rate, frames, size)


def _add_pictures(media: Any, film: _PlannedFilm, work: OperationWork) -> Any:
    options = {
        "preset": work.parameters["preset"],
        "crf": str(work.parameters["quality"]),
        "sc_threshold": "40",
    }
    stream = with_one_thread(media.add_stream("libx264", rate=film.rate, options=options))
    stream.width, stream.height = film.size
    stream.pix_fmt = FORMAT
    context = stream.codec_context
    context.time_base = 1 / film.rate
    context.gop_size = max(1, round(KEY_SECONDS * film.rate))
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries, context.color_trc = BT709, BT709
    return stream


def _add_sound(media: Any) -> Any:
    stream = with_one_thread(media.add_stream("aac", rate=SOUND_RATE, layout=LAYOUT))
    stream.bit_rate = SOUND_BITS
    return stream


def _encode(media: Any, film: _PlannedFilm, pictures: Any, sound: Any, work: OperationWork) -> None:
    """Both at once, a second of sound for a second of pictures, so that they lie beside each other."""
    waiting = _sound_packets(film, sound, work) if sound else iter(())
    seconds = 0
    for number, frame in enumerate(_frames(film)):
        frame.pts, frame.time_base = number, 1 / film.rate
        frame.pict_type = 0
        media.mux(pictures.encode(frame))
        work.report(number / film.frames, "encode")
        while seconds <= number / film.rate:
            media.mux(next(waiting, []))
            seconds += 1
    media.mux(pictures.encode(None))
    for packets in waiting:
        media.mux(packets)


def _sound_packets(film: _PlannedFilm, stream: Any, work: OperationWork) -> Iterator[list[Any]]:
    """The packets of each second of sound, and in the end those that the encoder held back."""
    draft = work.folder / "draft.pcm"
    stream.codec_context.open()
    resampler = av.AudioResampler(stream.codec_context.format.name, LAYOUT, SOUND_RATE)
    waiting = av.AudioFifo()
    size = stream.codec_context.frame_size

    def alive() -> None:
        work.report(0.0, "sound")

    for piece in mixed_sounds(film.sounds, film.offsets, film.samples, draft, alive):
        for frame in resampler.resample(piece):
            waiting.write(frame)
        yield [packet for frame in waiting.read_many(size) for packet in stream.encode(frame)]
    rest = waiting.read()
    last = list(stream.encode(rest)) if rest is not None else []
    yield last + list(stream.encode(None))


def _frames(film: _PlannedFilm) -> Iterator[Any]:
    for path, header in film.chunks:
        for frame in own_frames_of(path, header):
            if (frame.width, frame.height) == film.size:
                yield frame
            else:
                yield frame_of(padded(planes_of(frame), *film.size))


OPERATION = Operation(
    name="mux",
    module=__name__,
    description="Makes a film from chunks and sounds.",
    takes=(CHUNK, SOUND),
    gives=(FILM,),
    backends=(OperationBackend("x264", mux),),
    parameters=(
        OperationParameter("offsets", "numbers", "Second of the film at which each sound begins."),
        OperationParameter("title", "text", "Written into the file.", ""),
        OperationParameter(
            "quality", "integer", "H.264's rate factor: less is better.", 20, minimum=0, maximum=40
        ),
        OperationParameter(
            "preset",
            "text",
            "How much time the encoder takes.",
            "veryfast",
            choices=("ultrafast", "veryfast", "fast", "medium"),
        ),
    ),
    max_inputs=MAX_INPUTS,
)
