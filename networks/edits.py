"""Changing a ring, as pure functions, and a history in which every change can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platforms.base import Modality, Model

from . import bridges
from .rings import Slot

Ring = tuple[Slot, ...]
KEPT = 50  # steps that can be taken back


class Impossible(Exception):
    """Nothing was changed; says why, for the person who tried."""


def insert(ring: Ring, at: int, slots: Sequence[Slot]) -> Ring:
    if not 0 <= at <= len(ring):
        raise Impossible(f"There is no place {at} in this ring.")
    return (*ring[:at], *slots, *ring[at:])


def remove(ring: Ring, at: int) -> Ring:
    taken(ring, at)
    return (*ring[:at], *ring[at + 1 :])


def duplicate(ring: Ring, at: int) -> Ring:
    return insert(ring, at + 1, [taken(ring, at)])


def move(ring: Ring, at: int, to: int) -> Ring:
    """The slot `at` stands at `to` afterwards."""
    slot = taken(ring, at)
    taken(ring, to)
    return insert(remove(ring, at), to, [slot])


def replace(ring: Ring, at: int, slot: Slot) -> Ring:
    taken(ring, at)
    return (*ring[:at], slot, *ring[at + 1 :])


def bridge(ring: Ring, at: int, models: Sequence[Model], *, gives: Modality) -> Ring:
    """Put `models` into joint `at`. Those of the closing joint that turn text into what the ring
    begins with go to its beginning: there the prompts come in. `gives`: what the last slot does."""
    slots = [Slot(model.id) for model in models]
    if at < len(ring):
        return insert(ring, at, slots)
    end = bridges.split(models, gives)
    return insert(insert(ring, at, slots[:end]), 0, slots[end:])


def taken(ring: Ring, at: int) -> Slot:
    """The slot that stands there; raises Impossible where none does."""
    if not 0 <= at < len(ring):
        raise Impossible(f"There is no slot {at} in this ring.")
    return ring[at]


@dataclass(frozen=True, slots=True)
class Step:
    """A change, and the ring on its far side: before it for what is past, after it for what was
    taken back."""

    told: str
    ring: Ring

    def as_json(self) -> dict[str, object]:
        return {"told": self.told, "slots": [slot.as_json() for slot in self.ring]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Step:
        return cls(str(value["told"]), tuple(map(Slot.from_json, value["slots"])))


@dataclass(frozen=True, slots=True)
class History:
    """A ring, how it came about, and what was taken back of it."""

    ring: Ring
    past: tuple[Step, ...] = ()
    future: tuple[Step, ...] = ()  # the next one first

    def then(self, ring: Ring, told: str) -> History:
        """After a change. One that changes nothing leaves no trace."""
        if ring == self.ring:
            return self
        return History(ring, (*self.past, Step(told, self.ring))[-KEPT:])

    def undone(self) -> History:
        if not self.past:
            raise Impossible("There is nothing left to undo.")
        step = self.past[-1]
        return History(step.ring, self.past[:-1], (Step(step.told, self.ring), *self.future))

    def redone(self) -> History:
        if not self.future:
            raise Impossible("There is nothing to redo.")
        step = self.future[0]
        return History(step.ring, (*self.past, Step(step.told, self.ring)), self.future[1:])
