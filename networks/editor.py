"""The ring editor as it is looked at: every slot, every joint, and how things stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platforms.base import Modality, Model

from . import bridges, demo, drawing, fields, joints, knobs, offers, stations
from .above import Forecast, above
from .drafts import Draft
from .joints import Joint
from .models import Network
from .offers import Offer, Shelf
from .rings import Slot
from .stations import Station


@dataclass(frozen=True, slots=True)
class Way:
    """A bridge as it is offered: what to send for it, and what it is."""

    command: str
    names: str
    path: str
    usd: float | None
    reason: str  # why it cannot be used now

    @classmethod
    def of(cls, at: int, bridge: bridges.Bridge) -> Way:
        models = [offer.model for offer in bridge]
        prices = [model.usd for model in models]
        return cls(
            command=" ".join(["bridge", str(at), *(model.id for model in models)]),
            names=" and ".join(model.name for model in models),
            path=" → ".join([models[0].input, *(model.output for model in models)]),
            usd=None if None in prices else sum(price or 0.0 for price in prices),
            reason=" ".join(offer.reason for offer in bridge if not offer.available),
        )


@dataclass(frozen=True, slots=True)
class Crossing:
    """A joint with the ways to mend it."""

    joint: Joint
    ways: list[Way]


@dataclass(frozen=True, slots=True)
class Place:
    """A slot in the list, with the joint before it."""

    slot: Slot
    station: Station
    crossing: Crossing
    knobs: list[knobs.Knob]
    strangers: list[str]
    spares: list[Offer]
    spare_problem: str

    @property
    def troubled(self) -> bool:
        """Whether its settings have to be looked at."""
        return bool(self.strangers or self.spare_problem or any(knob.errors for knob in self.knobs))


@dataclass(frozen=True, slots=True)
class Standing:
    """Saved or not, runnable or not, running or not, and why."""

    saved: bool
    whole: bool  # whether it can be saved
    kept: str
    problems: list[str]  # of the draft
    runnable: bool  # the saved ring
    troubles: list[str]  # of the saved ring
    running: bool


@dataclass(frozen=True, slots=True)
class Aim:
    """Where the next model goes: into a joint, or in the place of a slot."""

    verb: str
    at: int
    shelf: Shelf

    @property
    def command(self) -> str:
        return f"replace {self.at}" if self.verb == "replace" else "add"


@dataclass(frozen=True, slots=True)
class Editor:
    network: Network
    draft: Draft
    places: list[Place]
    closing: Crossing | None
    drawing: drawing.Drawing
    standing: Standing
    forecast: Forecast | None
    aim: Aim
    demos: Sequence[demo.Demo]

    @property
    def empty(self) -> bool:
        return not self.places and self.standing.saved


def show(network: Network, draft: Draft, asked: Mapping[str, str]) -> Editor:
    """`asked` may say `at` or `replace`, with a number: where the next model is to go."""
    ring = draft.ring
    there = stations.of(network, ring)
    found = joints.of([station.model for station in there])
    offered = offers.all_offers(network.keyring, ring)
    usable = [offer for offer in offered if not offer.model.deprecated]
    crossings = [_crossing(joint, usable, len(ring)) for joint in found]
    return Editor(
        network=network,
        draft=draft,
        places=[_place(*one, offered) for one in zip(ring, there, crossings, strict=False)],
        closing=crossings[-1] if crossings else None,
        drawing=drawing.draw([_drawn(station) for station in there], found),
        standing=_standing(network, draft, found),
        forecast=above.forecast(network, ring) if ring else None,
        aim=_aim(asked, found, offered, len(ring)),
        demos=() if ring else demo.DEMOS,
    )


def _crossing(joint: Joint, offered: Sequence[Offer], size: int) -> Crossing:
    ways = bridges.across(joint, offered, closing=joint.position == size)
    return Crossing(joint, [Way.of(joint.position, way) for way in ways])


def _place(slot: Slot, station: Station, crossing: Crossing, offered: Sequence[Offer]) -> Place:
    model = station.model
    return Place(
        slot=slot,
        station=station,
        crossing=crossing,
        knobs=knobs.of(model, slot.parameters) if model else [],
        strangers=knobs.strangers(model, slot.parameters) if model else [],
        spares=[offer for offer in offered if model and _can_stand_in(offer.model, model)],
        spare_problem=_spare_problem(slot, offered, model),
    )


def _can_stand_in(spare: Model, model: Model) -> bool:
    same = (spare.input, spare.output) == (model.input, model.output)
    return same and spare.id != model.id


def _spare_problem(slot: Slot, offered: Sequence[Offer], model: Model | None) -> str:
    if not slot.fallback or model is None:
        return ""
    spare = next((one.model for one in offered if one.model.id == slot.fallback), None)
    if spare is None:
        return f"“{slot.fallback}” is not on offer any more."
    if (spare.input, spare.output) == (model.input, model.output):
        return ""
    return (
        f"“{spare.name}” turns {spare.input} into {spare.output}, "
        f"but “{model.name}” turns {model.input} into {model.output}."
    )


def _drawn(station: Station) -> drawing.Station:
    model = station.model
    return drawing.Station(
        name=model.name if model else station.model_id,
        takes=model.input if model else None,
        gives=model.output if model else None,
        usable=station.availability.available,
    )


def _standing(network: Network, draft: Draft, found: Sequence[Joint]) -> Standing:
    problems = fields.ring_problems(draft.ring) if draft.ring or network.slots else []
    # Where a model is unknown the rules judge nothing else, but here every joint is looked at.
    problems += [joint.problem for joint in found if joint.problem not in ("", *problems)]
    troubles = network.problems()
    return Standing(
        saved=not draft.dirty,
        whole=bool(draft.ring) and not problems,
        kept=_kept(draft, problems),
        problems=problems,
        runnable=not troubles,
        troubles=troubles,
        running=network.pk in above.live_among([network.pk]),
    )


def _kept(draft: Draft, problems: Sequence[str]) -> str:
    if not draft.dirty:
        return "" if draft.ring else "Nothing to save yet: add a model."
    if draft.outrun:
        return (
            "The saved ring was changed elsewhere after this draft was begun. Saving replaces it."
        )
    if problems:
        return "The draft is kept here; it can be saved once it is mended."
    return "The draft is kept, and it closes: save it, and the next run goes by it."


def _aim(asked: Mapping[str, str], found: Sequence[Joint], offered: list[Offer], size: int) -> Aim:
    replaced = _number(asked.get("replace", ""), size - 1)
    if replaced is not None:
        return Aim("replace", replaced, offers.sort_for(found[replaced].gives, offered))
    at = _number(asked.get("at", ""), size)
    at = size if at is None else at
    given = found[at].gives if found else Modality.TEXT
    return Aim("add", at, offers.sort_for(given, offered))


def _number(text: str, most: int) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 5 and int(text) <= most else None
