"""Brings a sound to an even loudness, so that no film is louder than the next (EBU R128).

The sound is measured as a whole and changed by one factor, which keeps its own quiet and loud. Where that
would take its peaks over the ceiling, a limiter holds those, and the factor is corrected once for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import av

from operations.contract import (
    CLIP,
    SOUND,
    MadeOutputs,
    Operation,
    OperationBackend,
    OperationOutput,
    OperationParameter,
    OperationWork,
)
from operations.loudness_meter import SoundLoudness, measure_loudness
from operations.sounds import LAYOUT, SOUND_RATE, TICK, decoded_sound, pulled, write_sound

MAX_GAIN = 40.0  # decibels: what is quieter than that is noise
GOOD_ENOUGH = 0.5  # LU
MAX_CORRECTIONS = 3


def loudness(work: OperationWork) -> MadeOutputs:
    (path,) = work.inputs
    target, ceiling = work.parameters["target"], work.parameters["ceiling"]
    before = after = measure_loudness(
        partial(decoded_sound, path), lambda: work.report(0.0, "measure")
    )
    gain = 0.0 if before.is_silent else min(MAX_GAIN, target - before.integrated)
    result = work.folder / "sound.flac"
    for _ in range(MAX_CORRECTIONS if gain else 1):
        write_sound(
            result, _changed(path, gain, before, ceiling, lambda: work.report(0.3, "write"))
        )
        after = measure_loudness(
            partial(decoded_sound, result), lambda: work.report(0.6, "measure")
        )
        missing = target - after.integrated
        if before.is_silent or abs(missing) < GOOD_ENOUGH or gain >= MAX_GAIN:
            break
        gain = min(MAX_GAIN, gain + missing)
    details = {
        "before": round(before.integrated, 2),
        "after": round(after.integrated, 2),
        "peak": round(after.peak, 2),
        "is_silent": before.is_silent,
    }
    return MadeOutputs([OperationOutput(result, SOUND)], details)


def _changed(
    path: Path, gain: float, before: SoundLoudness, ceiling: float, alive: Callable[[], None]
) -> Iterator[Any]:
    graph = av.filter.Graph()
    graph.threads = 1
    nodes = [
        graph.add_abuffer(sample_rate=SOUND_RATE, format="s16", layout=LAYOUT, time_base=TICK),
        graph.add("aformat", "sample_fmts=flt"),
        graph.add("volume", f"{gain:.3f}dB"),
    ]
    if before.peak + gain > ceiling:
        limit = 10 ** (ceiling / 20)
        nodes.append(graph.add("alimiter", f"limit={limit:.5f}:level=0:latency=1:attack=5"))
    nodes += [graph.add("aformat", "sample_fmts=s16"), graph.add("abuffersink")]
    graph.link_nodes(*nodes).configure()
    position = 0
    for frame in decoded_sound(path):
        frame.pts, frame.time_base = position, TICK
        position += frame.samples
        graph.push(frame)
        alive()
        yield from pulled(graph)
    graph.push(None)
    yield from pulled(graph)


OPERATION = Operation(
    name="loudness",
    module=__name__,
    description="Brings a sound to an even loudness.",
    takes=(SOUND, CLIP),
    gives=(SOUND,),
    backends=(OperationBackend("ebur128", loudness),),
    parameters=(
        OperationParameter("target", "number", "Loudness in LUFS.", -16, minimum=-40, maximum=-8),
        OperationParameter(
            "ceiling", "number", "Highest peak in dBTP.", -1.5, minimum=-12, maximum=0
        ),
    ),
)
