"""Which scenarios there are, and which of them share a stack.

Groups run at the same time, each on stacks of its own. On one stack, scenarios that disturb every
run (a killed queue) run one after the other; scenarios that touch only their own networks run
together, as one batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .scenarios import (
    Scenario,
    clock,
    database_lock,
    disk,
    endurance,
    farm,
    faults,
    frozen_workers,
    kills,
    limits,
    lost_machine,
    machine,
    poison,
    stop_all,
    stops,
    viewers,
    web,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What runs on one stack: batches one after the other, the scenarios of a batch together."""

    name: str
    batches: Sequence[Sequence[Scenario]]
    shifted_clock: bool = False
    small_disk: bool = False

    def only(self, names: Sequence[str]) -> Plan:
        batches = [[one for one in batch if _is_selected(one, names)] for batch in self.batches]
        return replace(self, batches=[batch for batch in batches if batch])


Group = Sequence[Plan]


def _is_selected(scenario: Scenario, names: Sequence[str]) -> bool:
    return any(scenario.name == name or scenario.name.startswith(f"{name}-") for name in names)


def quick(machines: int = 1) -> list[Group]:
    """The scenarios of `make rehearse`; those of several machines where there are some."""
    one_by_one = [
        *kills.SCENARIOS,
        *web.SCENARIOS,
        *viewers.SCENARIOS,
        *database_lock.SCENARIOS,
        *poison.SCENARIOS,
        *machine.SCENARIOS,
        *stop_all.SCENARIOS,
        *(lost_machine.SCENARIOS if machines > 1 else ()),
    ]
    together = [*faults.SCENARIOS, *stops.SCENARIOS, *limits.SCENARIOS]
    clock_scenarios = [*frozen_workers.SCENARIOS, *clock.SCENARIOS]
    return [
        [Plan("kills", [[scenario] for scenario in one_by_one])],
        [Plan("faults", [together, *([scenario] for scenario in faults.KEY_SCENARIOS)])],
        [
            Plan("clock", [[scenario] for scenario in clock_scenarios], shifted_clock=True),
            Plan("disk", [list(disk.SCENARIOS)], small_disk=True),
        ],
    ]


def long() -> list[Group]:
    """The scenarios of `make rehearse-long`: 200 kills, and workers frozen for a minute."""
    return [
        [Plan("endurance", [endurance.SCENARIOS])],
        [Plan("farm", [farm.SCENARIOS])],
        [Plan("frozen", [[frozen_workers.FROZEN_FOR_A_MINUTE]])],
    ]


def select(groups: Sequence[Group], names: Sequence[str]) -> list[Group]:
    """Only the scenarios of these names, and the stacks that they need; no names: everything."""
    if not names:
        return list(groups)
    selected = [[plan.only(names) for plan in group] for group in groups]
    return [plans for group in selected if (plans := [plan for plan in group if plan.batches])]
