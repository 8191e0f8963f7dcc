"""Pictures in between by FFmpeg's motion estimation (`minterpolate`).

Pictures that are there already are handed through as they are. The filter makes nothing between the
first two and the last two: those are repeated. It looks for motion where it was before, so that it finds
little between the first pictures of a scene; at a seam the lead of the chunk stands there. Blocks of 8 pixels
instead of its usual 16 are worth 2 to 4 dB on small things that move, and cost no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Any

import av

from .planes import FORMAT, cropped, frame_of, padded, planes_of

OPTIONS = "mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:mb_size=8:scd=none"
BLOCK = 16
MIN_SIDE = 32
AROUND = 1  # repeated pictures on both sides


def motion_between(scene: Iterator[Any], instants: list[Fraction]) -> Iterator[Any]:
    """Pictures at these instants, which are evenly spaced and count from the first picture of the scene;
    none is behind the last one."""
    if all(at.denominator == 1 for at in instants):
        yield from _picked(scene, instants)
        return
    step = instants[1] - instants[0] if len(instants) > 1 else Fraction(1)
    first = next(scene)
    filtered, originals, number = _Filtered(first, instants[0], step), {0: first}, 0
    made: dict[int, Any] = {}
    for place, at in enumerate(instants):
        is_there = at.denominator == 1
        while int(at) not in originals if is_there else place not in made:
            frame = next(scene, None)
            if frame is None:
                made = made | filtered.finish()
                break
            number += 1
            originals[number] = frame
            made = made | filtered.push(frame)
        yield originals[int(at)] if is_there else filtered.as_asked(made[place])
        made.pop(place, None)
        for old in [one for one in originals if one < int(at)]:
            del originals[old]


def _picked(scene: Iterator[Any], instants: list[Fraction]) -> Iterator[Any]:
    number, frame = 0, next(scene)
    for at in instants:
        while number < at:
            number, frame = number + 1, next(scene)
        yield frame


class _Filtered:
    """The filter, fed with the pictures of one scene; gives pictures by their place among the instants."""

    def __init__(self, first: Any, begin: Fraction, step: Fraction) -> None:
        self._width, self._height = first.width, first.height
        self._wide = max(MIN_SIDE, -(-first.width // BLOCK) * BLOCK)
        self._high = max(MIN_SIDE, -(-first.height // BLOCK) * BLOCK)
        # In ticks that divide both the distance of pictures and that of instants.
        ticks = lcm(begin.denominator, step.denominator)
        self._tick, self._begin, self._number = Fraction(1, ticks), int(begin * ticks), -AROUND
        self._ticks = ticks
        self._graph = self._built(1 / step)
        self._latest: Any = None
        for _ in range(AROUND + 1):
            self._push(first)

    def push(self, frame: Any) -> dict[int, Any]:
        self._push(frame)
        return self._pulled()

    def finish(self) -> dict[int, Any]:
        """What is left, once the last picture was pushed."""
        for _ in range(AROUND):
            self._push(self._latest)
        self._graph.vpush(None)
        return self._pulled()

    def as_asked(self, frame: Any) -> Any:
        """A picture of the filter in the size of those that were pushed."""
        if (frame.width, frame.height) == (self._width, self._height):
            return frame
        return frame_of(cropped(planes_of(frame), self._width, self._height))

    def _push(self, frame: Any) -> None:
        self._latest = frame
        larger = frame_of(padded(planes_of(frame), self._wide, self._high))
        larger.pts = self._number * self._ticks - self._begin
        larger.time_base = self._tick
        self._number += 1
        self._graph.vpush(larger)

    def _pulled(self) -> dict[int, Any]:
        found: dict[int, Any] = {}
        while True:
            try:
                frame = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return found
            if frame.pts >= 0:
                found[frame.pts] = frame

    def _built(self, rate: Fraction) -> Any:
        graph = av.filter.Graph()
        graph.threads = 1
        source = f"video_size={self._wide}x{self._high}:pix_fmt={FORMAT}:time_base={self._tick}"
        nodes = [
            graph.add("buffer", f"{source}:colorspace=bt709:range=tv"),
            graph.add("minterpolate", f"fps={rate}:{OPTIONS}"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        return graph
