"""What could stand at a joint that does not fit, as pure functions: the cheapest way across."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from platforms.base import Modality, Model

from .joints import Joint
from .offers import Offer

MOST = 3
Bridge = tuple[Offer, ...]


def across(joint: Joint, offers: Sequence[Offer], *, closing: bool = False) -> list[Bridge]:
    """At most three ways to make `joint` fit, the best first: one model where one will do, else
    two. Where the ring closes the way leads over text, because there the next prompt comes in."""
    if not joint.problem or joint.gives is None or joint.takes is None:
        return []
    if not closing:
        return between(joint.gives, joint.takes, offers)[:MOST]
    tails = _leg(joint.gives, Modality.TEXT, offers)
    heads = _leg(Modality.TEXT, joint.takes, offers)
    return [tail + head for tail, head in itertools.product(tails, heads)][:MOST]


def between(given: Modality, wanted: Modality, offers: Sequence[Offer]) -> list[Bridge]:
    """The ways from `given` to `wanted`: those that can be used now before those that cannot."""
    usable = [offer for offer in offers if offer.available]
    for shelf in (usable, offers):
        if found := _single(given, wanted, shelf) or _double(given, wanted, shelf):
            return found
    return []


def split(models: Sequence[Model], gives: Modality) -> int:
    """How many of a closing bridge's models belong to the end of the ring; the others go to its
    beginning. `gives`: what the last slot gives."""
    if gives is Modality.TEXT:
        return 0
    ends = (count for count, model in enumerate(models, 1) if model.output is Modality.TEXT)
    return next(ends, len(models))


def _leg(given: Modality, wanted: Modality, offers: Sequence[Offer]) -> list[Bridge]:
    return [()] if given is wanted else between(given, wanted, offers)


def _single(given: Modality, wanted: Modality, offers: Sequence[Offer]) -> list[Bridge]:
    fitting = (o for o in offers if o.model.input is given and o.model.output is wanted)
    return [(offer,) for offer in sorted(fitting, key=Offer.rank)]


def _double(given: Modality, wanted: Modality, offers: Sequence[Offer]) -> list[Bridge]:
    """The best over each modality that lies between."""
    found = []
    for middle in Modality:
        first, second = _single(given, middle, offers), _single(middle, wanted, offers)
        if first and second:
            found.append(first[0] + second[0])
    return sorted(
        found, key=lambda way: [sum(part) for part in zip(*map(Offer.rank, way), strict=True)]
    )
