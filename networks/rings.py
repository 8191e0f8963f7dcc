"""The rules of a ring, as pure functions: does each model's output fit the next one's input?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from platforms.base import Modality, Model
from platforms.registry import UnknownModel

from . import joints


@dataclass(frozen=True, slots=True)
class Slot:
    """A position in the ring: which model stands there, with which parameters."""

    model: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    fallback: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "model": self.model,
            "parameters": dict(self.parameters),
            "fallback": self.fallback or None,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> Slot:
        parameters = value.get("parameters") or {}
        if not isinstance(parameters, Mapping):
            raise TypeError("a slot's parameters must be an object")
        return cls(str(value["model"]), dict(parameters), str(value.get("fallback") or ""))


def problems(slots: Sequence[Slot], find: Callable[[str], Model]) -> list[str]:
    """Every reason why this ring cannot run, in words; an empty list means that it can.

    `find` raises UnknownModel. What an unknown model would take and give cannot be judged; the rest is.
    """
    if not slots:
        return ["The ring is empty: add at least one model."]
    models, unknown = _resolve(slots, find)
    mismatches = [joint.problem for joint in joints.of(models) if joint.problem]
    return [*unknown, *mismatches, *_misfit_fallbacks(slots, models, find)]


def place_for(
    slots: Iterable[Slot], modality: Modality, find: Callable[[str], Model]
) -> int | None:
    """The first place whose model takes this; None where none does."""
    for position, slot in enumerate(slots):
        try:
            if find(slot.model).input == modality:
                return position
        except UnknownModel:
            continue
    return None


def _resolve(
    slots: Iterable[Slot], find: Callable[[str], Model]
) -> tuple[list[Model | None], list[str]]:
    models: list[Model | None] = []
    unknown = []
    for position, slot in enumerate(slots):
        try:
            models.append(find(slot.model))
        except UnknownModel:
            models.append(None)
            unknown.append(f"Slot {position}: there is no model called “{slot.model}”.")
    return models, unknown


def _misfit_fallbacks(
    slots: Sequence[Slot], models: Sequence[Model | None], find: Callable[[str], Model]
) -> list[str]:
    found = []
    for position, (slot, model) in enumerate(zip(slots, models, strict=True)):
        if not slot.fallback:
            continue
        try:
            fallback = find(slot.fallback)
        except UnknownModel:
            found.append(f"Slot {position}: there is no model called “{slot.fallback}”.")
            continue
        if model and (fallback.input, fallback.output) != (model.input, model.output):
            found.append(
                f"Slot {position}: the fallback “{fallback.name}” turns {fallback.input} into "
                f"{fallback.output}, but “{model.name}” turns {model.input} into {model.output}."
            )
    return found
