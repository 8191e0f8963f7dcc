"""The ring as a drawing, as a pure function: where each slot lies, and the arcs between them.

The prompt comes in at the top, where the ring closes; from there it goes round clockwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from platforms.base import Modality

from .joints import Joint

WIDTH, HEIGHT = 720, 480
RADIUS = 158.0
LARGEST = 26.0  # radius of a slot
NUMBERED = 8.0  # smaller ones have no number,
NAMED = 15.0  # and still smaller ones no name beside them
LONGEST = 17  # signs of a name
BREACH = 11.0  # half the gap at a joint that does not fit, along the ring


@dataclass(frozen=True, slots=True)
class Spot:
    """A slot in the drawing."""

    position: int
    x: str
    y: str
    name: str  # empty where there is no room
    name_x: str
    name_y: str
    anchor: str
    takes: str
    gives: str
    known: bool
    usable: bool


@dataclass(frozen=True, slots=True)
class Arc:
    """A joint in the drawing: what leaves the slot before it, what the one behind it takes."""

    position: int
    path_out: str
    path_in: str
    gives: str
    takes: str
    fits: bool
    x: str  # its middle
    y: str
    tip: str  # the head of the arrow


@dataclass(frozen=True, slots=True)
class Drawing:
    spots: list[Spot]
    arcs: list[Arc]
    size: str  # radius of a slot
    numbered: bool
    marked: bool  # whether there is room for a sign of the modality at each joint


@dataclass(frozen=True, slots=True)
class Station:
    """What the drawing has to know of a slot."""

    name: str
    takes: Modality | None
    gives: Modality | None
    usable: bool


def draw(stations: Sequence[Station], joints: Sequence[Joint]) -> Drawing:
    count = len(stations)
    size = _size(count)
    return Drawing(
        spots=[_spot(n, station, count, size) for n, station in enumerate(stations)],
        arcs=_arcs(joints, count, size),
        size=_number(size),
        numbered=size >= NUMBERED,
        marked=size >= NAMED,
    )


def _size(count: int) -> float:
    """As large as there is room for on the ring, with half of it left for the arcs."""
    return min(LARGEST, math.pi * RADIUS / max(count, 1) * 0.55)


def _angle(position: float, count: int) -> float:
    """Of a slot; halves are joints. Clockwise from the top, where the ring closes."""
    return math.tau * (position + 0.5) / count - math.tau / 4


def _point(angle: float, radius: float = RADIUS) -> tuple[float, float]:
    return WIDTH / 2 + radius * math.cos(angle), HEIGHT / 2 + radius * math.sin(angle)


def _spot(position: int, station: Station, count: int, size: float) -> Spot:
    angle = _angle(position, count)
    x, y = _point(angle)
    name_x, name_y = _point(angle, RADIUS + size + 12)
    side = math.cos(angle)
    named = size >= NAMED
    # Above and below the ring a name stands clear of the slot.
    lift = 6 + 10 * math.sin(angle) * (1 - abs(side))
    return Spot(
        position=position,
        x=_number(x),
        y=_number(y),
        name=_short(station.name) if named else "",
        name_x=_number(name_x),
        name_y=_number(name_y + lift),
        anchor="middle" if abs(side) < 0.2 else "start" if side > 0 else "end",
        takes=station.takes or "",
        gives=station.gives or "",
        known=station.gives is not None,
        usable=station.usable,
    )


def _arcs(joints: Sequence[Joint], count: int, size: float) -> list[Arc]:
    """The prompt's joint and the closing one share the top: half an arc each."""
    if not count:
        return []
    inner = [_arc(joint, count, size, joint) for joint in joints[1:-1]]
    return [_arc(joints[0], count, size, joints[-1]), *inner]


def _arc(joint: Joint, count: int, size: float, before: Joint) -> Arc:
    """From the slot before `joint` to the one behind it; `before` says what comes out of the
    former: the same joint, but for the one at the top."""
    fits = not (joint.problem or before.problem)
    middle = _angle(joint.position - 0.5, count)
    reach = math.tau / count / 2 - (size + 3) / RADIUS
    gap = 0.0 if fits else min(BREACH / RADIUS, reach / 2)
    x, y = _point(middle)
    return Arc(
        position=joint.position,
        path_out=_path(middle - reach, middle - gap),
        path_in=_path(middle + gap, middle + reach),
        gives=before.gives or "",
        takes=joint.takes or "",
        fits=fits,
        x=_number(x),
        y=_number(y),
        tip=_tip(middle + reach),
    )


def _path(start: float, end: float) -> str:
    (x1, y1), (x2, y2) = _point(start), _point(end)
    large = int(end - start > math.pi)
    radius = _number(RADIUS)
    return f"M{_number(x1)} {_number(y1)}A{radius} {radius} 0 {large} 1 {_number(x2)} {_number(y2)}"


def _tip(angle: float) -> str:
    """A small triangle that points along the ring."""
    points = [_point(angle), _point(angle - 0.06, RADIUS + 6), _point(angle - 0.06, RADIUS - 6)]
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
