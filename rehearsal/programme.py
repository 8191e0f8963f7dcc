"""Which acts there are, and which of them share an installation.

Lanes play at the same time, each on installations of its own. On one installation acts that disturb
everybody (a killed queue) follow one another; acts that keep to their own networks are played
together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .acts import (
    Act,
    clock,
    disk,
    faults,
    kills,
    locked,
    machine,
    marathon,
    panic,
    poison,
    purse,
    stops,
    walls,
    web,
    zombies,
)


@dataclass(frozen=True, slots=True)
class Bill:
    """What is played on one installation: groups in turn, the acts of a group together."""

    name: str
    groups: Sequence[Sequence[Act]]
    shifted_clock: bool = False
    small_disk: bool = False

    def only(self, names: Sequence[str]) -> Bill:
        chosen = [[act for act in group if _wanted(act, names)] for group in self.groups]
        return replace(self, groups=[group for group in chosen if group])


Lane = Sequence[Bill]


def _wanted(act: Act, names: Sequence[str]) -> bool:
    return any(act.name == name or act.name.startswith(f"{name}-") for name in names)


def quick() -> list[Lane]:
    """Opening night."""
    one_by_one = [
        *kills.ACTS,
        *web.ACTS,
        *walls.ACTS,
        *locked.ACTS,
        *poison.ACTS,
        *machine.ACTS,
        *panic.ACTS,
    ]
    together = [*faults.ACTS, *stops.ACTS, *purse.ACTS]
    return [
        [Bill("kills", [[act] for act in one_by_one])],
        [Bill("manners", [together, *([act] for act in faults.KEY_ACTS)])],
        [
            Bill("clock", [[act] for act in (*zombies.ACTS, *clock.ACTS)], shifted_clock=True),
            Bill("disk", [list(disk.ACTS)], small_disk=True),
        ],
    ]


def long() -> list[Lane]:
    """Two hundred kills, and frozen workers for a minute beside them."""
    return [
        [Bill("marathon", [marathon.ACTS])],
        [Bill("frozen", [[zombies.for_a_minute]])],
    ]


def chosen(lanes: Sequence[Lane], names: Sequence[str]) -> list[Lane]:
    """Only the acts of these names, and the installations that they need."""
    if not names:
        return list(lanes)
    kept = [[bill.only(names) for bill in lane] for lane in lanes]
    return [lane for bills in kept if (lane := [bill for bill in bills if bill.groups])]
