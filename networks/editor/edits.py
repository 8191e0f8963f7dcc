"""Changing a ring, as pure functions, and the undo history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from lib.sentences import join_with_and, quote
from networks.rings import Slot
from platforms.base import Modality, Model

Ring = tuple[Slot, ...]
MAX_UNDO_STEPS = 50


class EditRefused(Exception):
    """Nothing was changed; says why, for the person who tried."""


def insert(ring: Ring, at: int, slots: Sequence[Slot]) -> Ring:
    if not 0 <= at <= len(ring):
        sentence = gettext("There is no position %(number)d in this ring.")
        raise EditRefused(sentence % {"number": at + 1})
    return (*ring[:at], *slots, *ring[at:])


def remove(ring: Ring, at: int) -> Ring:
    slot_at(ring, at)
    return (*ring[:at], *ring[at + 1 :])


def duplicate(ring: Ring, at: int) -> Ring:
    return insert(ring, at + 1, [slot_at(ring, at)])


def move(ring: Ring, at: int, to: int) -> Ring:
    """The slot at `at` is at `to` afterwards."""
    slot = slot_at(ring, at)
    slot_at(ring, to)
    return insert(remove(ring, at), to, [slot])


def replace(ring: Ring, at: int, slot: Slot) -> Ring:
    slot_at(ring, at)
    return (*ring[:at], slot, *ring[at + 1 :])


def insert_suggestion(ring: Ring, at: int, models: Sequence[Model], *, gives: Modality) -> Ring:
    """Insert `models` at connection `at`. Those of the closing connection that turn text into what the
    ring begins with go to its beginning, where prompts come in. `gives`: what the last slot gives."""
    slots = [Slot(model.id) for model in models]
    if at < len(ring):
        return insert(ring, at, slots)
    outputs = [gives, *(model.output for model in models)]
    end = outputs.index(Modality.TEXT) if Modality.TEXT in outputs else len(models)
    return insert(insert(ring, at, slots[:end]), 0, slots[end:])


def slot_at(ring: Ring, at: int) -> Slot:
    """Raises EditRefused where there is no such slot."""
    if not 0 <= at < len(ring):
        sentence = gettext("There is no slot %(number)d in this ring.")
        raise EditRefused(sentence % {"number": at + 1})
    return ring[at]


@dataclass(frozen=True, slots=True)
class EditDescription:
    """What an edit did, without capital and full stop: stored in English, and shown to each person in
    their own language."""

    source: str  # as gettext knows it, with `%(name)s` for each of the values
    values: Mapping[str, Any] = field(default_factory=dict)  # texts, numbers, lists of names

    def __str__(self) -> str:
        shown = {
            name: join_with_and(list(map(quote, value))) if isinstance(value, list) else value
            for name, value in self.values.items()
        }
        return gettext(self.source) % shown if shown else gettext(self.source)


@dataclass(frozen=True, slots=True)
class EditStep:
    """A change, and the ring on its far side: before it for what is past, after it for what was
    taken back."""

    description: EditDescription
    ring: Ring

    def as_json(self) -> dict[str, object]:
        return {
            "told": self.description.source,
            "values": dict(self.description.values),
            "slots": [slot.as_json() for slot in self.ring],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> EditStep:
        description = EditDescription(str(value["told"]), value.get("values", {}))
        return cls(description, tuple(map(Slot.from_json, value["slots"])))


@dataclass(frozen=True, slots=True)
class History:
    """A ring, how it came about, and what was taken back of it."""

    ring: Ring
    past: tuple[EditStep, ...] = ()
    future: tuple[EditStep, ...] = ()  # the next one first

    def changed_to(self, ring: Ring, description: EditDescription) -> History:
        """After a change. One that changes nothing leaves no trace."""
        if ring == self.ring:
            return self
        return History(ring, (*self.past, EditStep(description, self.ring))[-MAX_UNDO_STEPS:])

    def undone(self) -> History:
        if not self.past:
            raise EditRefused(gettext("There is nothing left to undo."))
        step = self.past[-1]
        return History(
            step.ring, self.past[:-1], (EditStep(step.description, self.ring), *self.future)
        )

    def redone(self) -> History:
        if not self.future:
            raise EditRefused(gettext("There is nothing to redo."))
        step = self.future[0]
        return History(
            step.ring, (*self.past, EditStep(step.description, self.ring)), self.future[1:]
        )
