"""Persistence diagrams of runs: parts and loops of their texts as points; only where the extra `research` is installed.

Two texts are joined once they are nearer to each other than a growing distance. A *part* begins alone and ends where it
grows together with another; a *loop* begins where texts close a ring, and ends where the ring is filled. What lasts
long is shape, what ends soon is chance. Distances are straight lines between vectors of length one, the square
root of twice the cosine distance, because those obey the triangle inequality.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from invocations.models import Run

from . import outputs
from .drawings import distance
from .vectors import BYTES_OF_NUMBER

EXTRA = "research"
PROGRAM = Path(__file__).with_name("persistence_program.py")
SECONDS = 60.0
MIN_POINTS = 3
LISTED = 15  # of the parts of each run, and of its loops: what lasts longest
VIEW = 100.0  # width and height of a diagram


@dataclass(frozen=True, slots=True)
class Bar:
    """`dimension` 0: a part, 1: a loop. `death` None: it never ends."""

    dimension: int
    birth: float
    death: float | None

    @property
    def lasts(self) -> float:
        return float("inf") if self.death is None else self.death - self.birth


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """`x`, `y`: as SVG takes them; the rest in words."""

    is_loop: bool
    x: str
    y: str
    birth: str
    death: str
    lasts: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """Of one run, with how many texts it is of."""

    run: Run
    texts: int
    bars: Sequence[Bar]

    @property
    def loops(self) -> int:
        return sum(one.dimension for one in self.bars)

    @property
    def points(self) -> list[DrawnBar]:
        """What lasts longest, and ends, first."""
        ended = [one for one in self.bars if one.death is not None and one.lasts > 0]
        most = max((one.death or 0.0 for one in ended), default=1.0)
        longest = sorted(ended, key=lambda one: -one.lasts)
        return [_drawn(one, VIEW / most) for one in longest]

    @property
    def listed(self) -> list[DrawnBar]:
        """Loops first: parts last longer than nearly all of them."""
        loops = [one for one in self.points if one.is_loop]
        parts = [one for one in self.points if not one.is_loop]
        return loops[:LISTED] + parts[:LISTED]


class PersistenceUnavailable(Exception):
    """It cannot be calculated now."""


def is_installed() -> bool:
    return find_spec("gudhi") is not None


def diagrams_of_runs(runs: Sequence[Run]) -> list[Diagram]:
    """Of the newest texts of each. Raises PersistenceUnavailable."""
    texts = outputs.text_outputs(runs)
    found = []
    for run in runs:
        newest = outputs.vectors_of(texts[run.pk])[-outputs.OLDEST :]
        bars = _bars(b"".join(newest.stored), len(newest[0])) if newest else ()
        found.append(Diagram(run, len(newest), bars))
    return found


def rows(runs: Sequence[Run]) -> Iterator[tuple[str, int, float, float | None]]:
    for one in diagrams_of_runs(runs):
        for bar in one.bars:
            yield one.run.public_id, bar.dimension, bar.birth, bar.death


def _drawn(bar: Bar, scale: float) -> DrawnBar:
    death = bar.death or 0.0
    return DrawnBar(
        bar.dimension == 1,
        f"{bar.birth * scale:.1f}",
        f"{VIEW - death * scale:.1f}",
        distance(bar.birth),
        distance(death),
        distance(bar.lasts),
    )


_one_at_a_time = Lock()


@lru_cache(maxsize=32)
def _bars(vectors: bytes, size: int) -> tuple[Bar, ...]:
    """By a program of its own, one at a time in this process."""
    if len(vectors) < MIN_POINTS * size * BYTES_OF_NUMBER:
        return ()
    with _one_at_a_time:
        try:
            done = subprocess.run(  # noqa: S603 (our own program)
                # -P: nothing beside the program is taken for a module, as numbers.py would be
                [sys.executable, "-P", str(PROGRAM), str(size)],
                input=vectors,
                capture_output=True,
                timeout=SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise PersistenceUnavailable from error
    return tuple(Bar(*one) for one in json.loads(done.stdout))
