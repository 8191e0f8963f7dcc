"""The joints of a ring, as a pure function: what is handed over there, and what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from platforms.base import Modality, Model


@dataclass(frozen=True, slots=True)
class Joint:
    """Lies before the slot of its number; the one behind the last slot closes the ring."""

    position: int
    gives: Modality | None  # None where the model is not known
    takes: Modality | None
    problem: str = ""  # in words; empty where the two fit, or where nothing can be said


def of(models: Sequence[Model | None]) -> list[Joint]:
    """One more than there are models: the prompt's, those between, and the one that closes it."""
    if not models:
        return []
    between = [
        _between(position, models[position - 1], models[position])
        for position in range(1, len(models))
    ]
    return [_first(models[0]), *between, _closing(len(models), models[-1], models[0])]


def _first(model: Model | None) -> Joint:
    problem = ""
    if model is not None and model.input is not Modality.TEXT:
        problem = (
            f"Slot 0: “{model.name}” takes {model.input}, but a prompt is text, so the "
            "first model must take text."
        )
    return Joint(0, Modality.TEXT, model.input if model else None, problem)


def _between(position: int, model: Model | None, following: Model | None) -> Joint:
    problem = ""
    if model and following and model.output is not following.input:
        problem = (
            f"Slot {position - 1} to {position}: “{model.name}” gives {model.output}, "
            f"but “{following.name}” takes {following.input}."
        )
    return _joint(position, model, following, problem)


def _closing(position: int, last: Model | None, first: Model | None) -> Joint:
    problem = ""
    if last and first and last.output is not first.input:
        problem = (
            f"The ring does not close: “{last.name}” at the end gives {last.output}, "
            f"but “{first.name}” at the start takes {first.input}."
        )
    return _joint(position, last, first, problem)


def _joint(position: int, before: Model | None, after: Model | None, problem: str) -> Joint:
    gives = before.output if before else None
    return Joint(position, gives, after.input if after else None, problem)
