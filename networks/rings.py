"""The rules of a ring: which slots it has, how they connect, and whether it can be saved and run.

Each model's output has to fit the next one's input; the last one's fits the first one's. Positions
count from 0, except in sentences for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.formats import number_format
from django.utils.translation import gettext

from credentials.resolution import CredentialResolver
from lib.validation import is_legible, iter_texts
from platforms import parameters, registry
from platforms.base import Availability, Modality, Model

MAX_SLOTS = 100


@dataclass(frozen=True, slots=True)
class Slot:
    """A position in the ring: which model stands there, with which parameters. One that is None leaves
    the model's default out of what is sent."""

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


@dataclass(frozen=True, slots=True)
class Connection:
    """What is handed over before the slot of its number; the last one closes the ring."""

    position: int
    gives: Modality | None  # None where the model is not known
    takes: Modality | None
    problem: str = ""  # in words; empty where the two fit, or where nothing can be said


@dataclass(frozen=True, slots=True)
class SlotStatus:
    """Which model is in a slot, and whether it can be used; None where the catalogue has lost it."""

    position: int
    model_id: str
    model: Model | None
    platform: str
    availability: Availability
    fallback: Model | None = None  # the slot's, where it can be used now

    @property
    def is_usable(self) -> bool:
        """Whether its step can be carried out now, by the model or by the fallback."""
        return self.availability.available or self.fallback is not None

    @property
    def name(self) -> str:
        """The model's; its id where the catalogue has lost it."""
        return self.model.name if self.model else self.model_id


def slot_statuses(ring: Iterable[Slot], keys: CredentialResolver) -> list[SlotStatus]:
    return [_slot_status(position, slot, keys) for position, slot in enumerate(ring)]


def _slot_status(position: int, slot: Slot, keys: CredentialResolver) -> SlotStatus:
    model = find_model(slot.model)
    if model is None:
        gone = Availability(False, gettext("No platform offers this model any more."))
        return SlotStatus(position, slot.model, None, "", gone)
    label = registry.get_platform(model.platform).shown_label
    fallback = _usable_fallback(slot, keys)
    return SlotStatus(position, slot.model, model, label, keys.availability(model), fallback)


def _usable_fallback(slot: Slot, keys: CredentialResolver) -> Model | None:
    fallback = find_model(slot.fallback) if slot.fallback else None
    return fallback if fallback and keys.availability(fallback).available else None


def find_model(model_id: str) -> Model | None:
    """None where no platform offers it (any more)."""
    try:
        return registry.get_model(model_id)
    except registry.UnknownModel:
        return None


def first_slot_taking(slots: Iterable[Slot], modality: Modality) -> int | None:
    """The first position whose model takes this; None where none does."""
    models = [find_model(slot.model) for slot in slots]
    fits = (n for n, model in enumerate(models) if model and model.input == modality)
    return next(fits, None)


# Connections


def connect(models: Sequence[Model | None]) -> list[Connection]:
    """One more than there are models: the prompt's, those between, and the one that closes it."""
    if not models:
        return []
    befores, afters = [None, *models], [*models, models[0]]
    return [
        _connection(n, before, after, len(models))
        for n, (before, after) in enumerate(zip(befores, afters, strict=True))
    ]


def _connection(at: int, before: Model | None, after: Model | None, size: int) -> Connection:
    given = Modality.TEXT if at == 0 else before.output if before else None
    taken = after.input if after else None
    if given is None or after is None or given is taken:
        return Connection(at, given, taken)
    return Connection(at, given, taken, _mismatch(at, before, after, closing=at == size))


def _mismatch(at: int, before: Model | None, after: Model, *, closing: bool) -> str:
    """What does not fit between these two; `before` is None where the prompt comes in."""
    if before is None:
        sentence = gettext(
            "“%(after)s” takes %(taken)s, but a prompt is text, so the first model must take text."
        )
        told = sentence % {"after": after.name, "taken": gettext(after.input)}
        return sentence_about_slot(0, told)
    if closing:
        sentence = gettext(
            "The ring does not close: “%(before)s” at the end gives %(given)s, "
            "but “%(after)s” at the start takes %(taken)s."
        )
    else:
        sentence = gettext(
            "Slot %(from)d to %(to)d: “%(before)s” gives %(given)s, but “%(after)s” takes %(taken)s."
        )
    return sentence % {
        "from": at,
        "to": at + 1,
        "before": before.name,
        "given": gettext(before.output),
        "after": after.name,
        "taken": gettext(after.input),
    }


# Problems, in words


def sentence_about_slot(position: int, sentence: str) -> str:
    """For people, who count from 1."""
    words = {"number": position + 1, "sentence": sentence}
    return gettext("Slot %(number)d: %(sentence)s") % words


def ring_problems(ring: Sequence[Slot]) -> list[str]:
    """Why this ring cannot be saved: its models, its order, its parameters."""
    if len(ring) > MAX_SLOTS:
        count = number_format(len(ring), force_grouping=True)
        sentence = gettext("The ring has %(count)s slots; at most %(most)d fit.")
        return [sentence % {"count": count, "most": MAX_SLOTS}]
    found = order_problems(ring)
    for position, slot in enumerate(ring):
        found += [sentence_about_slot(position, told) for told in _parameter_problems(slot)]
    return found


def order_problems(slots: Sequence[Slot]) -> list[str]:
    """Every reason why these models in this order cannot run; an empty list means that they can.

    What an unknown model would take and give cannot be judged; the rest is.
    """
    if not slots:
        return [gettext("The ring is empty: add at least one model.")]
    models = [find_model(slot.model) for slot in slots]
    unknown = [
        sentence_about_slot(position, _no_such_model(slot.model))
        for position, (slot, model) in enumerate(zip(slots, models, strict=True))
        if model is None
    ]
    mismatches = [one.problem for one in connect(models) if one.problem]
    fallbacks = [
        sentence_about_slot(position, sentence)
        for position, (slot, model) in enumerate(zip(slots, models, strict=True))
        if (sentence := fallback_problem(slot, model))
    ]
    return [*unknown, *mismatches, *fallbacks]


def fallback_problem(slot: Slot, model: Model | None) -> str:
    """What is wrong with the fallback of this slot, whose model this is; empty where nothing is."""
    if not slot.fallback:
        return ""
    fallback = find_model(slot.fallback)
    if fallback is None:
        return _no_such_model(slot.fallback)
    if model is None or can_replace(fallback, model):
        return ""
    sentence = gettext(
        "the fallback “%(fallback)s” turns %(taken)s into %(given)s, "
        "but “%(model)s” turns %(wanted_taken)s into %(wanted_given)s."
    )
    return sentence % {
        "fallback": fallback.name,
        "taken": gettext(fallback.input),
        "given": gettext(fallback.output),
        "model": model.name,
        "wanted_taken": gettext(model.input),
        "wanted_given": gettext(model.output),
    }


def _no_such_model(model_id: str) -> str:
    return gettext("there is no model called “%(model)s”.") % {"model": model_id}


def can_replace(fallback: Model, model: Model) -> bool:
    return (fallback.input, fallback.output) == (model.input, model.output)


def _parameter_problems(slot: Slot) -> list[str]:
    model = find_model(slot.model)
    if model is None:
        return []
    if not all(is_legible(text) for text in iter_texts(slot.parameters)):
        return [gettext("the parameters contain control characters.")]
    schema = {"additionalProperties": False, **model.parameters}
    properties = model.parameters.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    given = slot.parameters.items()
    sent = {name: value for name, value in given if value is not None or name not in known}
    return parameters.problems(schema, sent)
