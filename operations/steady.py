"""A clip as the operations want it: upright, square pixels, 8 bits, an even rate, whatever came."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.sidedata.sidedata import Type
from av.video.reformatter import ColorRange

from . import sentences
from .clip_limits import require_size
from .containers import CLIPS, moving_pictures, open_media, require_media
from .errors import BadInput
from .inspection import HDR_TRANSFERS
from .planes import FORMAT, described
from .timing import ClipTiming

MAX_BAD_SHARE = 0.02  # of the packets; a flaw of an encoder is not a damaged file
MAX_ASPECT = 10  # of a pixel; what says more is an error of its writer
HIGH_DEFINITION = 720  # lines: from here on colours that are not described are BT.709
UNSPECIFIED, RGB, BT601, BT709 = 2, 0, 6, 1  # FFmpeg's numbers of colours
_ONE = 1 << 16
# The upper left of a display matrix, and the filters that turn the picture as it says.
_TURNS: dict[tuple[int, ...], tuple[tuple[str, str], ...]] = {
    (1, 0, 0, 1): (),
    (-1, 0, 0, 1): (("hflip", ""),),
    (-1, 0, 0, -1): (("hflip", ""), ("vflip", "")),
    (1, 0, 0, -1): (("vflip", ""),),
    (0, 1, 1, 0): (("transpose", "0"),),
    (0, -1, 1, 0): (("transpose", "1"),),
    (0, -1, -1, 0): (("transpose", "3"),),
    (0, 1, -1, 0): (("transpose", "2"),),
}


def shown_size(path: Path) -> tuple[int, int]:
    """Width and height as a viewer sees it: of its first picture. Raises BadInput."""
    with open_media(path, require_media(path, CLIPS)) as media:
        stream = moving_pictures(media)
        for frame in media.decode(stream):
            return _Normaliser(stream, frame).shown_size
    raise BadInput(sentences.DAMAGED)


def steady_frames(path: Path, timing: ClipTiming) -> Iterator[Any]:
    """The pictures of a clip at an even rate, exactly `timing.count` of them: at each instant that which
    stands there. A picture that cannot be decoded leaves the one before it standing.

    Raises BadInput where more than a flaw is wrong with it.
    """
    given, latest = 0, None
    frame: Any = None
    for at, frame in _decoded(path, timing):
        due = round((at - timing.start) * timing.rate)
        while latest is not None and given < min(due, timing.count):
            yield latest
            given += 1
        latest = frame
    if latest is None:
        raise BadInput(sentences.DAMAGED)
    while given < timing.count:
        yield latest
        given += 1


def _decoded(path: Path, timing: ClipTiming) -> Iterator[tuple[Fraction, Any]]:
    """Each picture as it should be seen, and when it begins."""
    bad = packets = frames = 0
    normal: _Normaliser | None = None
    with open_media(path, require_media(path, CLIPS)) as media:
        stream = moving_pictures(media)
        for packet in media.demux(stream):
            packets += bool(packet.size)
            try:
                decoded = packet.decode()
            except av.error.InvalidDataError:
                bad += 1
                continue
            for frame in decoded:
                bad += frame.is_corrupt  # a decoder hides what it can
                normal = normal or _Normaliser(stream, frame)
                known = frame.pts is not None and frame.time_base
                at = frame.pts * frame.time_base if known else timing.start + frames / timing.rate
                frames += 1
                yield at, normal.normalise(frame)
    if bad > MAX_BAD_SHARE * packets or packets < timing.packets:
        raise BadInput(sentences.DAMAGED)


class _Normaliser:
    """Brings pictures to the size and the colours of the first one, whatever theirs are."""

    def __init__(self, stream: Any, first: Any) -> None:
        aspect = Fraction(stream.sample_aspect_ratio or 1)
        if not Fraction(1, MAX_ASPECT) <= aspect <= MAX_ASPECT:
            aspect = Fraction(1)
        wide = round(first.width * aspect) if aspect >= 1 else first.width
        high = first.height if aspect >= 1 else round(first.height / aspect)
        require_size(wide, high)
        self._size = wide, high
        self._turn = _turn_of(first)
        self._shape: tuple[Any, ...] = ()
        self._graph: Any = None

    @property
    def shown_size(self) -> tuple[int, int]:
        width, height = self._size
        is_turned = any(name == "transpose" for name, _ in self._turn)
        return (height, width) if is_turned else (width, height)

    def normalise(self, frame: Any) -> Any:
        _name_colours(frame)
        shape = (
            *(frame.width, frame.height, frame.format.name, frame.colorspace),
            *(frame.color_range, frame.color_trc, frame.color_primaries),
        )
        if shape != self._shape:
            require_size(frame.width, frame.height)
            self._shape, self._graph = shape, self._built(frame)
        frame.pts = None
        self._graph.vpush(frame)
        return described(self._graph.vpull())

    def _built(self, frame: Any) -> Any:
        graph = av.filter.Graph()
        graph.threads = 1
        source = (
            f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/25"
            f":colorspace={int(frame.colorspace)}:range={int(frame.color_range)}"
        )
        scale = f"{self._size[0]}:{self._size[1]}:out_color_matrix=bt709:out_range=tv"
        # FFmpeg takes 5 s of processor time for this, once for each clip.
        if int(frame.color_trc) in HDR_TRANSFERS:
            scale += ":out_transfer=bt709:out_primaries=bt709:intent=perceptual"
        nodes = [
            graph.add("buffer", source),
            graph.add("scale", scale),
            graph.add("format", FORMAT),
        ]
        nodes += [graph.add(name, argument) for name, argument in self._turn]
        nodes.append(graph.add("buffersink"))
        graph.link_nodes(*nodes).configure()
        return graph


def _name_colours(frame: Any) -> None:
    """What does not say its colours is taken as players take it: by its height."""
    if frame.format.is_rgb:
        frame.colorspace, frame.color_range = RGB, ColorRange.JPEG
        return
    if int(frame.colorspace) in {UNSPECIFIED, RGB}:
        frame.colorspace = BT709 if frame.height >= HIGH_DEFINITION else BT601
    if int(frame.color_range) == 0:
        full = frame.format.name.startswith("yuvj")
        frame.color_range = ColorRange.JPEG if full else ColorRange.MPEG


def _turn_of(frame: Any) -> tuple[tuple[str, str], ...]:
    data = frame.side_data.get(Type.DISPLAYMATRIX)
    if data is None:
        return ()
    a, b, _, c, d, *_ = struct.unpack("9i", bytes(data)[:36])
    return _TURNS.get(tuple(round(number / _ONE) for number in (a, c, b, d)), ())
