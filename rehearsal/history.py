"""The history of a stack as plain rows: the only input of the checker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

T = TypeVar("T")

ENDED_RUN = frozenset({"stopped", "failed", "completed"})
ENDED_STEP = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Event:
    topic: str
    seq: int
    type: str
    data: Mapping[str, Any]
    at: float  # Unix seconds, as all times here


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    network: str
    state: str
    prompt: str
    client_key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    run: str
    sequence: int
    model: str
    state: str
    input: str  # a text, or an asset's name
    output: str
    substituted: bool = False
    charge: int = 1


@dataclass(frozen=True, slots=True)
class Attempt:
    step: str
    number: int
    outcome: str  # empty: it is live
    key: str
    reference: str
    worker: str
    started_at: float
    ended_at: float | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FarmWork:
    """What the farm knows of an attempt besides. `lines`: that its worker was told to log."""

    step: str
    number: int
    outcome: str
    lines: int
    log: str
    is_handed_in: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the provider's journal."""

    at: float
    event: str  # create, charge, repeat, followed, cancel
    key: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A prompt that was answered with the id of its run."""

    client_key: str
    run: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """A stop that was answered at this time, so its transaction had committed by then."""

    run: str
    at: float


@dataclass(frozen=True)
class History:
    events: Sequence[Event]
    runs: Sequence[Run]
    steps: Sequence[Step]
    attempts: Sequence[Attempt]
    journal: Sequence[Entry]
    accepted: Sequence[Accepted] = ()
    stops: Sequence[Stopped] = ()
    farm_work: Sequence[FarmWork] = ()
    last_seqs: Mapping[str, int] = field(default_factory=dict)
    steady_clock: bool = True
    longest_stall: float = 0.0  # seconds; the longest delay of a process by this machine
    settled: bool = True  # no call was under way any more when it was read

    @cached_property
    def step_of_key(self) -> Mapping[str, Step]:
        by_id = {step.id: step for step in self.steps}
        return {a.key: by_id[a.step] for a in self.attempts if a.step in by_id}

    @cached_property
    def steps_of_runs(self) -> Mapping[str, list[Step]]:
        return grouped(sorted(self.steps, key=lambda s: s.sequence), lambda step: step.run)

    @cached_property
    def attempts_of_steps(self) -> Mapping[str, list[Attempt]]:
        return grouped(sorted(self.attempts, key=lambda a: a.number), lambda one: one.step)

    @cached_property
    def charges(self) -> list[Entry]:
        return [entry for entry in self.journal if entry.event == "charge"]


def grouped(rows: Iterable[T], by: Callable[[T], str]) -> dict[str, list[T]]:
    """Rows grouped by the key that `by` returns, in their order."""
    found: dict[str, list[T]] = defaultdict(list)
    for row in rows:
        found[by(row)].append(row)
    return found
