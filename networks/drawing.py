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
WIDE = 182.0  # of a ring without names
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
    radius: str
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
    ring = _Circle(len(stations))
    return Drawing(
        spots=[_spot(n, station, ring) for n, station in enumerate(stations)],
        arcs=_arcs(joints, ring),
        radius=_number(ring.radius),
        size=_number(ring.size),
        numbered=ring.size >= NUMBERED,
        marked=ring.named,
    )


class _Circle:
    """On which so many slots lie, as large as there is room for, with half of it left for arcs."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.named = _size(RADIUS, count) >= NAMED
        self.radius = RADIUS if self.named else WIDE
        self.size = _size(self.radius, count)

    def angle(self, position: float) -> float:
        """Of a slot; halves are joints. Clockwise from the top, where the ring closes."""
        return math.tau * (position + 0.5) / self.count - math.tau / 4

    def point(self, angle: float, out: float = 0.0) -> tuple[float, float]:
        radius = self.radius + out
        return WIDTH / 2 + radius * math.cos(angle), HEIGHT / 2 + radius * math.sin(angle)


def _size(radius: float, count: int) -> float:
    return min(LARGEST, math.pi * radius / max(count, 1) * 0.55)


def _spot(position: int, station: Station, ring: _Circle) -> Spot:
    angle = ring.angle(position)
    x, y = ring.point(angle)
    name_x, name_y = ring.point(angle, ring.size + 12)
    side = math.cos(angle)
    # Above and below the ring a name stands clear of the slot.
    lift = 6 + 10 * math.sin(angle) * (1 - abs(side))
    return Spot(
        position=position,
        x=_number(x),
        y=_number(y),
        name=_short(station.name) if ring.named else "",
        name_x=_number(name_x),
        name_y=_number(name_y + lift),
        anchor="middle" if abs(side) < 0.2 else "start" if side > 0 else "end",
        takes=station.takes or "",
        gives=station.gives or "",
        known=station.gives is not None,
        usable=station.usable,
    )


def _arcs(joints: Sequence[Joint], ring: _Circle) -> list[Arc]:
    """The prompt's joint and the closing one share the top: half an arc each."""
    if not ring.count:
        return []
    inner = [_arc(joint, ring, joint) for joint in joints[1:-1]]
    return [_arc(joints[0], ring, joints[-1]), *inner]


def _arc(joint: Joint, ring: _Circle, before: Joint) -> Arc:
    """From the slot before `joint` to the one behind it; `before` says what comes out of the
    former: the same joint, but for the one at the top."""
    fits = not (joint.problem or before.problem)
    middle = ring.angle(joint.position - 0.5)
    reach = math.tau / ring.count / 2 - (ring.size + 3) / ring.radius
    gap = 0.0 if fits else min(BREACH / ring.radius, reach / 2)
    x, y = ring.point(middle)
    return Arc(
        position=joint.position,
        path_out=_path(ring, middle - reach, middle - gap),
        path_in=_path(ring, middle + gap, middle + reach),
        gives=before.gives or "",
        takes=joint.takes or "",
        fits=fits,
        x=_number(x),
        y=_number(y),
        tip=_tip(ring, middle + reach),
    )


def _path(ring: _Circle, start: float, end: float) -> str:
    (x1, y1), (x2, y2) = ring.point(start), ring.point(end)
    large = int(end - start > math.pi)
    radius = _number(ring.radius)
    return f"M{_number(x1)} {_number(y1)}A{radius} {radius} 0 {large} 1 {_number(x2)} {_number(y2)}"


def _tip(ring: _Circle, angle: float) -> str:
    """A small triangle that points along the ring."""
    wide = min(6.0, ring.size / 2)
    back = angle - 1.6 * wide / ring.radius
    points = [ring.point(angle), ring.point(back, wide), ring.point(back, -wide)]
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
