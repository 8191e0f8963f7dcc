"""A ring of the farm whose workers are killed, frozen and taken off the line, and whose server is killed."""

from __future__ import annotations

import contextlib
import logging
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from rehearsal.bad_line import bad_line
from rehearsal.stack import Broken, RehearsalStack
from tests.farm_machine import FarmMachine

from .base import Scenario

logger = logging.getLogger(__name__)
MODEL, LINES = "farm:echo-text", 3
LEASE_SECONDS = 60.0
LIMIT_SECONDS = 1_800.0


@dataclass(frozen=True, slots=True)
class FarmTrial:
    """How much of what."""

    steps: int = 1_000
    workers: int = 5
    kills: int = 50
    server_kills: int = 5
    frozen_seconds: float = 120.0
    offline_seconds: float = 300.0


class FarmMachines:
    """The machines of a trial; one that is frozen or offline is left alone."""

    def __init__(self, stack: RehearsalStack, machines: list[FarmMachine]) -> None:
        self._stack = stack
        self.all = machines
        self._away: set[FarmMachine] = set()
        self._returns: list[threading.Thread] = []

    def kill_one(self) -> None:
        """It comes back at once."""
        machine = self._any()
        machine.kill()
        machine.start("--echo")

    def freeze_one(self, run: str, seconds: float) -> None:
        """In the middle of a step: it keeps what it holds until its lease ends."""
        found = self._stack.await_condition(
            lambda: self._frozen_with_work(run), 60, "a worker is frozen with work"
        )
        for machine in found:
            self._leave(machine, seconds, partial(machine.send, signal.SIGCONT))

    def cut_off_one(self, seconds: float) -> None:
        machine = self._any()
        machine.kill()
        self._leave(machine, seconds, partial(machine.start, "--echo"))

    def _frozen_with_work(self, run: str) -> list[FarmMachine]:
        holder = self._stack.records.workers_of_runs(run).get(run, "")
        for machine in set(self.all) - self._away:
            if holder == f"farm:{machine.worker_id}":
                machine.send(signal.SIGSTOP)
                time.sleep(1.0)  # what it had sent before is answered
                if self._stack.records.workers_of_runs(run).get(run) == holder:
                    return [machine]
                machine.send(signal.SIGCONT)
        return []

    def wait_until_back(self) -> None:
        for one in self._returns:
            one.join()

    def _any(self) -> FarmMachine:
        return random.choice([one for one in self.all if one not in self._away])

    def _leave(self, machine: FarmMachine, seconds: float, come_back: Callable[[], object]) -> None:
        self._away.add(machine)

        def later() -> None:
            time.sleep(seconds)
            come_back()
            self._away.discard(machine)

        self._returns.append(threading.Thread(target=later, daemon=True))
        self._returns[-1].start()


def carry_a_ring(stack: RehearsalStack, trial: FarmTrial | None = None) -> str:
    trial = trial or FarmTrial()
    began = time.monotonic()
    with _machines(stack, trial.workers) as (machines, line):
        ring = {"model": MODEL, "parameters": {"lines": LINES}}
        run = stack.start_run(stack.create_network("Far", ring))
        for number in range(1, trial.kills + 1):
            _await_steps(stack, run, trial.steps * number // trial.kills)
            machines.kill_one()
            if number % max(1, trial.kills // trial.server_kills) == 0:
                stack.kill_role("web")
            if number == trial.kills // 4:
                machines.cut_off_one(trial.offline_seconds)
            if number == trial.kills // 3:
                machines.freeze_one(run, trial.frozen_seconds)
            logger.info("kill %s after %.0f s", number, time.monotonic() - began)
        machines.wait_until_back()
        done = stack.records.count_completed_steps(run)
        _await_steps(stack, run, done + 10)
        stack.stop_run(run)
        stack.await_condition(
            lambda: not stack.records.workers_of_runs(run),
            LEASE_SECONDS + 30,
            "what was stopped is given up",
        )
        done = stack.records.count_completed_steps(run)
    minutes = (time.monotonic() - began) / 60
    return (
        f"{done} steps with {trial.kills} kills of {trial.workers} workers and {trial.server_kills} of "
        f"the server, one frozen for {trial.frozen_seconds:.0f} s and one away for "
        f"{trial.offline_seconds:.0f} s, one behind {line}; {minutes:.0f} min"
    )


@contextlib.contextmanager
def _machines(stack: RehearsalStack, count: int) -> Iterator[tuple[FarmMachines, str]]:
    """Enrolled and started; the first one behind a bad line."""
    folder = stack.data_dir.parent / "machines"
    folder.mkdir()
    with bad_line(stack.port) as line, contextlib.ExitStack() as closing:
        found = [
            FarmMachine(folder / f"machine-{n}", prefix=line.prefix if n == 0 else ())
            for n in range(count)
        ]
        for number, machine in enumerate(found):
            port = stack.port if number else line.port
            token = stack.request("POST", "workers/tokens").json()["token"]
            machine.enrol(f"http://127.0.0.1:{port}", token)
            closing.callback(machine.kill)
            machine.start("--echo")
        stack.await_condition(lambda: _is_offered(stack), 60, "the farm offers its models")
        yield FarmMachines(stack, found), line.text


def _is_offered(stack: RehearsalStack) -> bool:
    answer = stack.request("GET", f"models/{MODEL}")
    return answer.status_code == 200 and bool(answer.json()["available"])


def _await_steps(stack: RehearsalStack, run: str, goal: int) -> None:
    """A worker that is frozen or away keeps a step for its lease."""
    seen, until = -1, 0.0
    while (done := stack.records.count_completed_steps(run)) < goal:
        if done > seen:
            seen, until = done, time.monotonic() + LEASE_SECONDS + 30
        if time.monotonic() > until:
            raise Broken(f"the ring did not go on after {done} steps")
        time.sleep(0.1)


SCENARIOS = (
    Scenario(
        "farm",
        "Farm workers killed, frozen and away, and their server killed",
        (2, 5),
        LIMIT_SECONDS,
        carry_a_ring,
    ),
)
