"""Pictures in between by FFmpeg's motion estimation (`minterpolate`).

Pictures that are there already are handed through as they are. The filter needs two pictures before the
first and behind the last one: those are repeated. Blocks of 8 pixels instead of its usual 16 are worth 2 to
4 dB on small things that move, and cost no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, islice
from math import lcm
from typing import Any

import av

from .planes import FORMAT, cropped, frame_of, padded, planes_of

OPTIONS = "mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:mb_size=8:scd=none"
BLOCK = 16
MIN_SIDE = 32
AROUND = 2  # repeated pictures on both sides
LEARNING = 4  # pictures of a scene until it knows what moves
EVERYWHERE = OPTIONS + ":me=esa:search_param=16"


def motion_between(scene: Iterator[Any], instants: list[Fraction]) -> Iterator[Any]:
    """Pictures at these instants, which are evenly spaced and count from the first picture of the scene;
    none is behind the last one."""
    if all(at.denominator == 1 for at in instants):
        yield from _picked(scene, instants)
        return
    step = instants[1] - instants[0] if len(instants) > 1 else Fraction(1)
    head = list(islice(scene, LEARNING + AROUND))
    made = _made_with_care(head, instants, step)
    scene, first = chain(head[1:], scene), head[0]
    filtered, originals, number = _Filtered(first, instants[0], step), {0: first}, 0
    for place, at in enumerate(instants):
        is_there = at.denominator == 1
        while int(at) not in originals if is_there else place not in made:
            frame = next(scene, None)
            if frame is None:
                made = filtered.finish() | made
                break
            number += 1
            originals[number] = frame
            made = filtered.push(frame) | made
        yield originals[int(at)] if is_there else made[place]
        made.pop(place, None)
        for old in [one for one in originals if one < int(at)]:
            del originals[old]


def _made_with_care(head: list[Any], instants: list[Fraction], step: Fraction) -> dict[int, Any]:
    """Those between the first pictures of a scene, by their places.

    The filter looks for motion near to where it was before, and finds little of it between its first
    pictures. There every place nearby is looked at, which takes longer.
    """
    filtered = _Filtered(head[0], instants[0], step, EVERYWHERE)
    found: dict[int, Any] = {}
    for frame in head[1:]:
        found |= filtered.push(frame)
    found |= filtered.finish()
    return {
        place: found[place] for place, at in enumerate(instants) if at < LEARNING and place in found
    }


def _picked(scene: Iterator[Any], instants: list[Fraction]) -> Iterator[Any]:
    number, frame = 0, next(scene)
    for at in instants:
        while number < at:
            number, frame = number + 1, next(scene)
        yield frame


class _Filtered:
    """The filter, fed with the pictures of one scene; gives pictures by their place among the instants."""

    def __init__(self, first: Any, begin: Fraction, step: Fraction, options: str = OPTIONS) -> None:
        self._width, self._height = first.width, first.height
        self._wide = max(MIN_SIDE, -(-first.width // BLOCK) * BLOCK)
        self._high = max(MIN_SIDE, -(-first.height // BLOCK) * BLOCK)
        # In ticks that divide both the distance of pictures and that of instants.
        ticks = lcm(begin.denominator, step.denominator)
        self._tick, self._begin, self._number = Fraction(1, ticks), int(begin * ticks), -AROUND
        self._ticks = ticks
        self._graph = self._built(1 / step, options)
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
                planes = cropped(planes_of(frame), self._width, self._height)
                found[frame.pts] = frame_of(planes)

    def _built(self, rate: Fraction, options: str) -> Any:
        graph = av.filter.Graph()
        graph.threads = 1
        source = f"video_size={self._wide}x{self._high}:pix_fmt={FORMAT}:time_base={self._tick}"
        nodes = [
            graph.add("buffer", f"{source}:colorspace=bt709:range=tv"),
            graph.add("minterpolate", f"fps={rate}:{options}"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        return graph
