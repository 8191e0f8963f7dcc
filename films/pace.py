"""How long a piece of work takes, and between which bounds that lies.

What this installation has measured of just such work counts first; then what it has measured of the same work in
another size; then what was measured elsewhere, times how much slower this machine has been than that. Each is
less certain than the one before, and says so. All of it is as where nothing else runs: `films/load.py` says how
many times as long it takes now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from operations.weights import is_installed

from .load import MachineLoad
from .models import TaskPace
from .plans import SOUND, TaskWay

# Seconds for a megapixel (sounds: for a second), on one core beside nobody: docs/video-operations.md.
TYPICAL_SECONDS: Mapping[tuple[str, str], float] = {
    ("split", "ffmpeg"): 0.04,
    ("interpolate", "minterpolate"): 0.28,
    ("interpolate", "blend"): 0.03,
    ("interpolate", "rife"): 3.0,
    ("upscale", "lanczos"): 0.03,
    ("upscale", "waifu2x"): 1.3,
    ("caption", "pillow"): 0.05,
    ("crossfade", "numpy"): 0.03,
    ("crossfade", "flow"): 0.04,
    ("crossfade", "rife"): 0.7,
    ("mux", "x264"): 0.025,
    ("concat", "copy"): 0.01,
    ("extract", "ffmpeg"): 0.01,
    ("loudness", "ebur128"): 0.05,
}
UNKNOWN_SECONDS = 0.1
# By the way that is asked for ("": any); the test of this table asks the operations themselves, which the web
# process does not load.
BACKENDS: Mapping[tuple[str, str], str] = {
    ("interpolate", "learned"): "rife",
    ("interpolate", "blend"): "blend",
    ("upscale", "learned"): "waifu2x",
    ("crossfade", "interpolate"): "rife",
    ("crossfade", "morph"): "flow",
    ("crossfade", "fade"): "numpy",
    **{(operation, ""): backend for operation, backend in reversed(list(TYPICAL_SECONDS))},
}
NEEDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], Mapping[str, str]]] = {
    "rife": (
        ("onnxruntime", "onnx"),
        ("rife",),
        {"interpolate": "minterpolate", "crossfade": "flow"},
    ),
    "waifu2x": (("ncnn",), ("waifu2x-layers", "waifu2x-numbers"), {"upscale": "lanczos"}),
}
START_SECONDS = 0.6  # of each task: its process, its files
LEARNED_AFTER = 5.0  # seconds: what is said of a task's progress is up to two seconds old
TELLING = 3.0  # work that takes so many times as long as that says how fast it goes
# How many times as long it may take, and how many times as short a time.
MEASURED_OFTEN, MEASURED, NEIGHBOUR, TYPICAL_HERE = 1.25, 1.5, 1.8, 2.5
SHORTER, LONGER = (
    3.0,
    5.0,
)  # where little is known: nice work beside others takes many times as long
OFTEN = 3
# How much slower a machine is than TYPICAL_SECONDS before anything is known of it. It counts as much as so many
# seconds of work that was measured.
USUAL_SLOWNESS, USUAL_SECONDS = 1.2, 5.0
KNOWN_SECONDS = 5.0  # of work that was measured, from which on a machine is known


def likely_backend(operation: str, way: str) -> str:
    """The backend that does it here where none fails."""
    backend = BACKENDS.get((operation, way)) or BACKENDS.get((operation, ""), "")
    if backend in NEEDS:
        packages, weights, instead = NEEDS[backend]
        if not is_installed(packages, weights):
            return instead[operation]
    return backend


@dataclass(frozen=True, slots=True)
class TimeGuess:
    """About how long it takes; it would be a surprise if that were not between `least` and `most`."""

    seconds: float = 0.0
    least: float = 0.0
    most: float = 0.0

    @classmethod
    def within(cls, seconds: float, factor: float) -> TimeGuess:
        return cls(seconds, seconds / factor, seconds * factor)

    def __add__(self, other: TimeGuess) -> TimeGuess:
        return TimeGuess(
            self.seconds + other.seconds, self.least + other.least, self.most + other.most
        )

    def times(self, factor: float) -> TimeGuess:
        return TimeGuess(self.seconds * factor, self.least * factor, self.most * factor)

    def widened(self, factor: float) -> TimeGuess:
        """It may be so many times as long or short besides."""
        return TimeGuess(self.seconds, self.least / factor, self.most * factor)


class Paces:
    """What is known here; `places`: how many tasks of films run at once. Two queries."""

    def __init__(self, places: int | None = None) -> None:
        self._rows: dict[tuple[str, str, str], TaskPace] = {
            (row.operation, row.backend, row.size_class): row for row in TaskPace.objects.all()
        }
        self._load = MachineLoad(timezone.now(), places or settings.FILM_PROCESSES)
        self._actual, self._typical = USUAL_SLOWNESS * USUAL_SECONDS, USUAL_SECONDS
        for row in self._rows.values():
            typical = TYPICAL_SECONDS.get((row.operation, row.backend))
            if typical is not None and _is_telling(row):
                times = min(row.count, OFTEN)
                self._note(times * row.seconds * row.work, times * typical * row.work, times)

    def learn(self, way: TaskWay, work: float, seconds: float) -> None:
        """From a task that is under way: so much of it is done after so many seconds. Where such work was measured it
        says how busy the machine is now; else how fast the machine is: its first film is said right once its first
        task has gone on for a while."""
        if work <= 0 or seconds < LEARNED_AFTER:
            return
        backend = likely_backend(way.operation, way.way)
        row = self._rows.get((way.operation, backend, way.size_class))
        typical = TYPICAL_SECONDS.get((way.operation, backend))
        if row is not None:
            self._load.meet(way.operation, seconds, row.seconds * work)
        elif typical is not None:
            self._note(seconds / self._load.load_of(way.operation).factor, typical * work, 1)

    def _note(self, actual: float, typical: float, tasks: int) -> None:
        """Long work counts more than short: what each task takes anyhow differs most."""
        self._actual += actual
        self._typical += typical + START_SECONDS * tasks

    def guess(self, way: TaskWay, work: float, *, tasks: float = 1) -> TimeGuess:
        """For so much work in so many tasks, by the clock."""
        load = self._load.load_of(way.operation)
        return self._alone(way, work, tasks).times(load.factor).widened(load.doubt)

    def _alone(self, way: TaskWay, work: float, tasks: float) -> TimeGuess:
        """The same where nothing else runs."""
        backend = likely_backend(way.operation, way.way)
        row = self._rows.get((way.operation, backend, way.size_class))
        if row is not None:
            factor = MEASURED_OFTEN if row.count >= OFTEN else MEASURED
            return TimeGuess.within(row.seconds * work, factor)
        starts = START_SECONDS * tasks
        near = self._nearest(way, backend)
        if near is not None:
            return TimeGuess.within(_rate(near) * work + starts, NEIGHBOUR)
        typical = TYPICAL_SECONDS.get((way.operation, backend), UNKNOWN_SECONDS) * work
        seconds = self._actual / self._typical * (typical + starts)
        if self._typical < USUAL_SECONDS + KNOWN_SECONDS:
            return TimeGuess(seconds, seconds / SHORTER, seconds * LONGER)
        return TimeGuess.within(seconds, TYPICAL_HERE)

    def _nearest(self, way: TaskWay, backend: str) -> TaskPace | None:
        """The same work in the size that differs least."""
        rows = [
            row
            for (operation, name, size), row in self._rows.items()
            if (operation, name) == (way.operation, backend)
            and (size == SOUND) == (way.size_class == SOUND)
            and _is_telling(row)
        ]
        place = _place(way.size_class)
        return min(rows, key=lambda row: abs(_place(row.size_class) - place), default=None)


def _is_telling(row: TaskPace) -> bool:
    """Whether its tasks took longer than what each task takes anyhow: a small one says nothing of a large one."""
    return row.seconds * row.work >= TELLING * START_SECONDS


def _rate(row: TaskPace) -> float:
    """Seconds for a unit of work, without what each task takes anyhow."""
    return row.seconds - START_SECONDS / row.work


def _place(size_class: str) -> int:
    """Sounds have none, nor has work whose size is not known yet."""
    return int(size_class.removeprefix("2^")) if size_class not in ("", SOUND) else 0


def total(guesses: Iterable[TimeGuess]) -> TimeGuess:
    return sum(guesses, TimeGuess())


def way_of(parameters: Mapping[str, Any]) -> str:
    """What its parameters ask for."""
    return str(parameters.get("method") or parameters.get("transition") or "")
