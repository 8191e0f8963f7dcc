"""The ring as a drawing, as a pure function: where each slot lies, and the arcs between them.

The prompt comes in at the top, where the ring closes; from there it goes round clockwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from networks.rings import Connection, SlotStatus

WIDTH, HEIGHT = 720, 480
RADIUS = 158.0
RADIUS_WITHOUT_NAMES = 182.0
MAX_SLOT_RADIUS = 26.0
MIN_RADIUS_WITH_NUMBER = 8.0
MIN_RADIUS_WITH_NAME = 15.0
MAX_NAME_LENGTH = 17
HALF_GAP = 11.0  # at a connection that does not fit, along the ring


@dataclass(frozen=True, slots=True)
class SlotDrawing:
    """A slot in the drawing."""

    status: SlotStatus
    x: str
    y: str
    name: str  # empty where there is no room
    name_x: str
    name_y: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Arc:
    """A connection in the drawing: what leaves the slot before it, what the one behind it takes."""

    path_out: str
    path_in: str
    gives: str
    takes: str
    fits: bool
    x: str  # its middle
    y: str
    tip: str  # the head of the arrow


@dataclass(frozen=True, slots=True)
class RingDrawing:
    slots: list[SlotDrawing]
    arcs: list[Arc]
    radius: str
    size: str  # radius of a slot
    has_numbers: bool
    has_signs: bool  # whether there is room for a sign of the modality at each connection


def draw_ring(slots: Sequence[SlotStatus], connections: Sequence[Connection]) -> RingDrawing:
    ring = _Circle(len(slots))
    return RingDrawing(
        slots=[_slot(slot, ring) for slot in slots],
        arcs=_arcs(connections, ring),
        radius=_number(ring.radius),
        size=_number(ring.size),
        has_numbers=ring.size >= MIN_RADIUS_WITH_NUMBER,
        has_signs=ring.named,
    )


class _Circle:
    """On which so many slots lie, as large as there is room for, with half of it left for arcs."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.named = _size(RADIUS, count) >= MIN_RADIUS_WITH_NAME
        self.radius = RADIUS if self.named else RADIUS_WITHOUT_NAMES
        self.size = _size(self.radius, count)

    def angle(self, position: float) -> float:
        """Of a slot; halves are connections. Clockwise from the top, where the ring closes."""
        return math.tau * (position + 0.5) / self.count - math.tau / 4

    def point(self, angle: float, out: float = 0.0) -> tuple[float, float]:
        radius = self.radius + out
        return WIDTH / 2 + radius * math.cos(angle), HEIGHT / 2 + radius * math.sin(angle)


def _size(radius: float, count: int) -> float:
    return min(MAX_SLOT_RADIUS, math.pi * radius / max(count, 1) * 0.55)


def _slot(slot: SlotStatus, ring: _Circle) -> SlotDrawing:
    model, angle = slot.model, ring.angle(slot.position)
    x, y = ring.point(angle)
    name_x, name_y = ring.point(angle, ring.size + 12)
    side = math.cos(angle)
    # Above and below the ring a name stands clear of the slot.
    lift = 6 + 10 * math.sin(angle) * (1 - abs(side))
    return SlotDrawing(
        status=slot,
        x=_number(x),
        y=_number(y),
        name=_short(model.name if model else slot.model_id) if ring.named else "",
        name_x=_number(name_x),
        name_y=_number(name_y + lift),
        anchor="middle" if abs(side) < 0.2 else "start" if side > 0 else "end",
    )


def _arcs(connections: Sequence[Connection], ring: _Circle) -> list[Arc]:
    """The connection of the prompt and the closing one share the top: half an arc each."""
    befores = [*connections[-1:], *connections[1:-1]]
    return [_arc(one, ring, before) for one, before in zip(connections, befores, strict=False)]


def _arc(connection: Connection, ring: _Circle, before: Connection) -> Arc:
    """From the slot before `connection` to the one behind it; `before` says what comes out of the
    former: the same connection, but for the one at the top."""
    fits = not (connection.problem or before.problem)
    middle = ring.angle(connection.position - 0.5)
    reach = math.tau / ring.count / 2 - (ring.size + 3) / ring.radius
    gap = 0.0 if fits else min(HALF_GAP / ring.radius, reach / 2)
    x, y = ring.point(middle)
    return Arc(
        path_out=_path(ring, middle - reach, middle - gap),
        path_in=_path(ring, middle + gap, middle + reach),
        gives=before.gives or "",
        takes=connection.takes or "",
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
    return name if len(name) <= MAX_NAME_LENGTH else name[: MAX_NAME_LENGTH - 1].rstrip() + "…"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
