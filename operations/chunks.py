"""Chunks: a clip in parts of a few seconds, encoded without loss, each of which says what it is.

A chunk is a Matroska file of FFV1, every picture of which is a key frame and has a checksum. What it is
stands in one tag of the file, so that no name of a file and no list beside it has to be believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.reformatter import ColorRange, Colorspace

from . import previews, sentences
from .containers import MATROSKA, read_head, with_one_thread
from .errors import BadInput
from .planes import BT709, FORMAT

TAG = "PANIC_CHUNK"
SUFFIX = ".mkv"
OPTIONS = {"level": "3", "slicecrc": "1", "g": "1", "context": "0"}


@dataclass(frozen=True, slots=True)
class ChunkHeader:
    """What a chunk says of itself.

    `first` is the number of its first own picture in the whole clip. Before its own `frames` there may be
    `lead` more, the last ones of the chunk before: who follows motion has to see where it comes from. Behind
    them there may be `overlap` more (0 or 1): the first one of the next chunk, for who needs both sides of the
    seam. `cuts` are the numbers of pictures that begin a new scene, 0 being the first own picture.
    """

    number: int
    first: int
    frames: int
    rate: Fraction
    width: int
    height: int
    lead: int = 0
    overlap: int = 0
    is_last: bool = False
    cuts: tuple[int, ...] = ()

    @property
    def stored(self) -> int:
        """Pictures in the file."""
        return self.lead + self.frames + self.overlap

    def name(self, suffix: str = SUFFIX) -> str:
        return f"chunk-{self.number:06}{suffix}"

    def as_json(self) -> str:
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps(values | {"rate": str(self.rate), "cuts": list(self.cuts)})

    @classmethod
    def from_json(cls, text: str) -> ChunkHeader:
        values = json.loads(text)
        rate, cuts = Fraction(values.pop("rate")), tuple(values.pop("cuts"))
        return cls(rate=rate, cuts=cuts, **values)


class ChunkWriter:
    """Writes pictures to a file that becomes a chunk once it is closed with what it is."""

    def __init__(self, folder: Path, width: int, height: int, rate: Fraction) -> None:
        self._folder, self._rate = folder, rate
        self._draft = folder / "draft.mkv"
        self._media = av.open(str(self._draft), "w", format="matroska")
        self._stream = _add_stream(self._media, width, height, rate)
        self.written = 0

    def write(self, frame: Any) -> None:
        frame.pts, frame.time_base = self.written, 1 / self._rate
        frame.pict_type = 0
        self.written += 1
        previews.offer(frame)
        self._media.mux(self._stream.encode(frame))

    def close(self, header: ChunkHeader) -> Path:
        """The chunk; what it is goes to the front of the file, so the packets are copied behind it."""
        if header.stored != self.written:
            raise ValueError(f"{self.written} pictures were written, not {header.stored}.")
        self._media.mux(self._stream.encode(None))
        self._media.close()
        path = self._folder / header.name()
        with av.open(str(self._draft), format="matroska") as draft:
            copy_packets(path, header, draft.demux(draft.streams.video[0]))
        self._draft.unlink()
        return path


def _add_stream(media: Any, width: int, height: int, rate: Fraction) -> Any:
    stream = with_one_thread(media.add_stream("ffv1", rate=rate, options=OPTIONS))
    stream.width, stream.height, stream.pix_fmt = width, height, FORMAT
    context = stream.codec_context
    context.time_base = 1 / rate
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries, context.color_trc = BT709, BT709
    return stream


def copy_packets(path: Path, header: ChunkHeader, packets: Iterable[Any]) -> None:
    """Write encoded pictures, as they are, one after the other; only as many as the header says."""
    with av.open(str(path), "w", format="matroska") as media:
        media.metadata[TAG] = header.as_json()
        stream: Any = None
        number = 0
        for packet in packets:
            if not packet.size or number == header.stored:
                continue
            if stream is None:
                stream = media.add_stream_from_template(packet.stream)
                stream.time_base = 1 / header.rate
            packet.time_base = 1 / header.rate
            packet.pts = packet.dts = number
            packet.duration = 1
            packet.stream = stream
            media.mux(packet)
            number += 1


def write_chunk(folder: Path, header: ChunkHeader, frames: Iterable[Any]) -> Path:
    writer = ChunkWriter(folder, header.width, header.height, header.rate)
    for frame in frames:
        writer.write(frame)
    return writer.close(header)


def read_header(path: Path) -> ChunkHeader:
    """Raises BadInput where the file is no chunk."""
    refusal = BadInput(sentences.NOT_A_CHUNK % {"file": path.name})
    if not read_head(path).startswith(MATROSKA):
        raise refusal
    try:
        with av.open(str(path), format="matroska") as media:
            return ChunkHeader.from_json(media.metadata[TAG])
    except (av.error.FFmpegError, KeyError, TypeError, ValueError) as error:
        raise refusal from error


def is_chunk(path: Path) -> bool:
    try:
        read_header(path)
    except BadInput:
        return False
    return True


def packets_of(path: Path) -> Iterator[Any]:
    """Its encoded pictures, in order."""
    with av.open(str(path), format="matroska") as media:
        yield from (packet for packet in media.demux(media.streams.video[0]) if packet.size)


def frames_of(path: Path) -> Iterator[Any]:
    """Its pictures, in order. Raises BadInput where the file ends early or its structure is damaged.

    A changed byte within a picture goes unnoticed: the decoder conceals it whatever it is told (PyAV 18.1.0,
    FFV1 with slice checksums, 198 of 198 bytes tried). Who keeps chunks checks the hash of the whole file.
    """
    try:
        with av.open(str(path), format="matroska") as media:
            stream = with_one_thread(media.streams.video[0])
            yield from media.decode(stream)
    except av.error.InvalidDataError as error:
        raise BadInput(sentences.DAMAGED) from error


def own_frames_of(path: Path, header: ChunkHeader) -> Iterator[Any]:
    """Its pictures but for those of its neighbours. Raises BadInput where some are missing."""
    return own_of_all(frames_of(path), header)


def own_of_all(stored: Iterable[Any], header: ChunkHeader) -> Iterator[Any]:
    """Those of a chunk's pictures, decoded or not, that are its own. Raises BadInput likewise."""
    found = 0
    for found, picture in enumerate(stored, 1):
        if header.lead < found <= header.lead + header.frames:
            yield picture
    require_count(header, found)


def require_count(header: ChunkHeader, found: int) -> None:
    if found != header.stored:
        words = {"number": header.number, "found": found, "wanted": header.stored}
        raise BadInput(sentences.WRONG_COUNT % words)


def in_order(paths: Iterable[Path]) -> list[tuple[Path, ChunkHeader]]:
    """The chunks of a whole clip by their numbers, which begin at 0 and leave none out.

    Raises BadInput where one is missing, comes twice, or differs in size or rate.
    """
    chunks = sorted(((path, read_header(path)) for path in paths), key=lambda one: one[1].number)
    first, position = chunks[0][1], 0
    for wanted, (_, header) in enumerate(chunks):
        if header.number < wanted:
            raise BadInput(sentences.TWICE % {"number": header.number})
        if header.number > wanted:
            raise BadInput(sentences.OUT_OF_ORDER % {"wanted": wanted})
        if (header.width, header.height, header.rate) != (first.width, first.height, first.rate):
            size = f"{header.width} by {header.height}"
            words = {"number": wanted, "size": size, "rate": header.rate}
            raise BadInput(sentences.DIFFERENT % words)
        if header.first != position:
            words = {"number": wanted, "found": header.first, "wanted": position}
            raise BadInput(sentences.WRONG_PLACE % words)
        position += header.frames
    if not chunks[-1][1].is_last:
        raise BadInput(sentences.NOT_LAST)
    return chunks


def joined_header(chunks: list[tuple[Path, ChunkHeader]]) -> ChunkHeader:
    """What the whole is that these chunks are."""
    cuts = [
        header.first + cut
        for _, header in chunks
        for cut in header.cuts
        if 0 <= cut < header.frames
    ]
    frames = sum(header.frames for _, header in chunks)
    return replace(chunks[0][1], frames=frames, lead=0, overlap=0, is_last=True, cuts=tuple(cuts))
