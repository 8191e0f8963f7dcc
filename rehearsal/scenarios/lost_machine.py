"""A whole machine is gone, its locks with it: the others know it by its leases alone."""

from __future__ import annotations

import time

from rehearsal.machines import MachinesStack
from rehearsal.stack import TEXT, Broken, RehearsalStack
from rehearsal.viewers import connected_viewers

from .base import Scenario, Skipped

RECOVERY_SECONDS = 20.0
CATCH_UP_SECONDS = 10.0
RUNS, VIEWERS = 6, 4
CALL_SECONDS = 3  # long enough that each machine holds some when one of them is lost


def lose_machine(stack: RehearsalStack) -> str:
    """Runs go on, prompts are accepted, viewers miss nothing, and the machine comes back as any other."""
    if not isinstance(stack, MachinesStack):
        raise Skipped("there is only one machine")
    stack.provider.default(seconds=CALL_SECONDS)
    lost = stack.others[0]
    slugs = [stack.create_network(f"On a lost machine {n}", TEXT) for n in range(RUNS)]
    topic = f"network:{stack.request('GET', f'networks/{slugs[0]}').json()['id']}"
    url = f"{stack.socket_url}/ws/networks/{slugs[0]}/"
    with connected_viewers(VIEWERS, url, stack.api.headers["Authorization"]) as watching:
        stack.await_condition(lambda: all(v.connections for v in watching), 20, "all are connected")
        runs = [stack.start_run(slug) for slug in slugs]
        stack.await_progress(*runs)
        held = stack.await_condition(lambda: stack.runs_held_by(lost, runs), 60, "it holds calls")

        began = time.monotonic()
        stack.lose(lost)
        fresh = stack.start_run(stack.create_network("Prompted after the loss", TEXT))
        stack.await_progress(*runs, fresh, seconds=RECOVERY_SECONDS)
        seconds = time.monotonic() - began
        stack.provider.default()
        lost.start()
        _wait_until_it_works(stack, runs)

        for run in [*runs, fresh]:
            stack.stop_run(run)
        last = stack.records.last_seqs()[topic]
        stack.await_condition(
            lambda: min(viewer.position for viewer in watching) >= last,
            CATCH_UP_SECONDS,
            "all have seen all",
        )
    if faults := [fault for viewer in watching for fault in viewer.faults]:
        raise Broken(f"{len(faults)} gaps or repeats: {'; '.join(faults[:3])}")
    return (
        f"{len(held)} of {RUNS} calls were on it; all runs and a new one on after {seconds:.1f} s, "
        "no gap or repeat; back, it took calls again"
    )


def _wait_until_it_works(stack: MachinesStack, runs: list[str]) -> None:
    machine = stack.others[0]
    stack.await_condition(lambda: stack.runs_held_by(machine, runs), 60, "it holds calls again")


SCENARIOS = (Scenario("machine-lost", "A whole machine is lost", (1, 2, 3, 5), 180, lose_machine),)
