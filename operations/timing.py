"""When the pictures of a clip stand: read from its packets, without decoding one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any

MIN_RATE, MAX_RATE = Fraction(1), Fraction(120)
USUAL_RATES = (
    *(Fraction(24_000, 1001), Fraction(30_000, 1001), Fraction(60_000, 1001)),
    *map(Fraction, (5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120)),
    Fraction(25, 2),
)
# How far a picture may stand from where an even rate would have it, in pictures.
TOLERANCE = Fraction(2, 5)
NEARLY = Fraction(1, 200)


@dataclass(frozen=True, slots=True)
class ClipTiming:
    """`rate` is in pictures a second, `start` and `seconds` are in seconds."""

    rate: Fraction
    count: int  # of pictures at this rate
    start: Fraction
    seconds: Fraction
    is_constant: bool
    packets: int


def read_timing(media: Any, stream: Any, rate: Fraction | None = None) -> ClipTiming:
    """`rate` is that which is wanted of a clip; None = its own, or the usual one nearest to it."""
    times, last = _times(media, stream)
    if not times:
        return ClipTiming(rate or Fraction(25), 0, Fraction(0), Fraction(0), True, 0)
    spans = [after - before for before, after in pairwise(times)]
    usual = median(spans) if spans else last or Fraction(1, 25)
    constant = _constant_rate(times, _candidates(stream, times))
    seconds = times[-1] - times[0] + (1 / constant if constant else max(last, usual))
    wanted = rate or constant or nearest_usual_rate(1 / usual if usual > 0 else Fraction(25))
    same = constant is not None and wanted == constant
    count = len(times) if same else max(1, round(seconds * wanted))
    return ClipTiming(wanted, count, times[0], seconds, constant is not None, len(times))


def _times(media: Any, stream: Any) -> tuple[list[Fraction], Fraction]:
    """The times of its pictures in order, and how long the last one says that it stands."""
    times: list[Fraction] = []
    last = Fraction(0)
    even = 1 / (stream.average_rate or stream.guessed_rate or Fraction(25))
    for packet in media.demux(stream):
        if not packet.size or packet.is_discard:
            continue
        ticks = packet.pts if packet.pts is not None else packet.dts
        times.append(len(times) * even if ticks is None else ticks * packet.time_base)
        if times[-1] == max(times[-1], times[0]):
            last = Fraction((packet.duration or 0) * packet.time_base)
    return sorted(times), last


def _candidates(stream: Any, times: Sequence[Fraction]) -> Iterator[Fraction]:
    """What a clip says of its rate is an estimate in many containers, so a usual rate goes before it."""
    said = [Fraction(rate) for rate in (stream.average_rate, stream.guessed_rate) if rate]
    span = times[-1] - times[0]
    if span > 0:
        said.append((len(times) - 1) / span)
    yield from (rate for rate in said if rate in USUAL_RATES)
    for rate in said:
        usual = nearest_usual_rate(rate)
        if abs(usual / rate - 1) < NEARLY:
            yield usual
    yield from (rate.limit_denominator(1001) for rate in said)


def _constant_rate(times: Sequence[Fraction], candidates: Iterator[Fraction]) -> Fraction | None:
    """The first rate at which every picture stands about where it should."""
    for rate in candidates:
        if MIN_RATE <= rate <= MAX_RATE and all(
            abs((at - times[0]) * rate - number) < TOLERANCE for number, at in enumerate(times)
        ):
            return rate
    return None


def nearest_usual_rate(rate: Fraction) -> Fraction:
    return min(USUAL_RATES, key=lambda usual: abs(math.log(usual / max(rate, Fraction(1, 1000)))))
