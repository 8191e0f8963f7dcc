"""How loud a sound is, as EBU R128 says: by FFmpeg's `ebur128`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import av

from .sounds import LAYOUT, SOUND_RATE, TICK, pulled

SILENCE = -70.0  # LUFS: what the meter says where there is nothing to hear
SHORTEST = SOUND_RATE // 2  # samples: the meter hears in blocks of 0.4 s


@dataclass(frozen=True, slots=True)
class SoundLoudness:
    """`integrated` in LUFS, `peak` in decibels below full scale, between the samples too (dBTP)."""

    integrated: float
    peak: float

    @property
    def is_silent(self) -> bool:
        return self.integrated <= SILENCE


def measure_loudness(
    sound: Callable[[], Iterable[Any]], alive: Callable[[], None]
) -> SoundLoudness:
    """Of frames of 16 bits, as `sounds` gives them; called again for a sound that is too short to be
    measured alone, which is heard several times in a row then."""
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_abuffer(sample_rate=SOUND_RATE, format="s16", layout=LAYOUT, time_base=TICK)
    meter = graph.add("ebur128", "metadata=1:peak=true")
    graph.link_nodes(source, meter, graph.add("abuffersink")).configure()
    said: dict[str, str] = {}
    peak, position = 0.0, 0
    for frame in chain(_long_enough(sound), [None]):
        if frame is not None:
            frame.pts, frame.time_base = position, TICK
            position += frame.samples
        graph.push(frame)
        for measured in pulled(graph):
            said = dict(measured.metadata) or said  # a part of a tenth of a second has none
            peak = max(peak, float(said.get("lavfi.r128.true_peak", 0)))
        alive()
    integrated = float(said.get("lavfi.r128.I", SILENCE))
    integrated = integrated if math.isfinite(integrated) else SILENCE
    return SoundLoudness(integrated, 20 * math.log10(max(peak, 1e-6)))


def _long_enough(sound: Callable[[], Iterable[Any]]) -> Iterator[Any]:
    samples, more = 0, 1
    while more and samples < SHORTEST:
        more = 0
        for frame in sound():
            more += frame.samples
            yield frame
        samples += more
