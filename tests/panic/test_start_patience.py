"""How long the supervisor waits for the first sign of a process that it has started."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time

import pytest

from panic.supervisor.patience import (
    BUSY_START_SECONDS,
    IDLE_SECONDS,
    IDLE_START_SECONDS,
    MAX_START_SECONDS,
    StartPatience,
    processor_seconds,
)
from panic.supervisor.watchdogs import WebProbe


class Machine:
    """Whose clock and whose use of the processor are what the test says."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now, self.used = 1000.0, 0.0
        patch.setattr(time, "monotonic", lambda: self.now)

    def seconds_until_over(self, patience: StartPatience, *, busy: bool) -> float:
        began = self.now
        while not patience.is_over(self.now):
            self.now += 1
            self.used += 0.02 * busy
        return self.now - began


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.fixture
def patience(machine: Machine) -> StartPatience:
    return StartPatience(lambda group: machine.used)


def test_a_process_that_hangs_is_started_again_after_a_minute(
    machine: Machine, patience: StartPatience
) -> None:
    for _ in range(3):
        patience.begin(1)
        assert machine.seconds_until_over(patience, busy=False) == IDLE_START_SECONDS + 1
        patience.was_too_short()


def test_one_that_is_busy_gets_twice_as_long_each_time(
    machine: Machine, patience: StartPatience
) -> None:
    waited = []
    for _ in range(5):
        patience.begin(1)
        waited.append(machine.seconds_until_over(patience, busy=True) - 1)
        patience.was_too_short()

    assert waited == [120, 240, 480, 480, 480]
    assert waited[-1] == MAX_START_SECONDS


def test_one_that_stops_being_busy_is_not_waited_for(
    machine: Machine, patience: StartPatience
) -> None:
    patience.begin(1)
    for _ in range(80):
        machine.now += 1
        machine.used += 0.02
        assert not patience.is_over(machine.now)

    assert machine.seconds_until_over(patience, busy=False) <= IDLE_SECONDS + 6


def test_a_quick_start_makes_the_next_one_be_waited_for_as_the_first(
    machine: Machine, patience: StartPatience
) -> None:
    patience.was_too_short()
    patience.begin(1)
    patience.has_begun_well(machine.now + 3)

    assert machine.seconds_until_over(patience, busy=True) == BUSY_START_SECONDS + 1


def test_a_slow_start_does_not(machine: Machine, patience: StartPatience) -> None:
    patience.was_too_short()
    patience.begin(1)
    patience.has_begun_well(machine.now + 200)

    assert machine.seconds_until_over(patience, busy=True) == 2 * BUSY_START_SECONDS + 1


def test_a_web_server_that_is_starting_on_a_full_machine_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    probe = WebProbe(selectors.DefaultSelector(), ("127.0.0.1", 1))
    probe.begin(os.getpid())
    now = time.monotonic()
    monkeypatch.setattr("panic.supervisor.patience.IDLE_SECONDS", 1e9)  # it is busy

    assert not probe.is_lost(now + 90)
    assert probe.is_lost(now + 130)
    probe.give_up()
    probe.begin(os.getpid())
    assert not probe.is_lost(time.monotonic() + 130)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_processor_time_of_a_group_is_that_of_all_its_processes() -> None:
    work = "sum(range(3_000_000))"
    command = ["/bin/sh", "-c", f"{sys.executable} -c '{work}; input()'; true"]
    with subprocess.Popen(command, process_group=0, stdin=subprocess.PIPE) as parent:
        while not (used := processor_seconds(parent.pid)):
            time.sleep(0.02)
        parent.communicate(b"\n")

    assert used > 0
    assert processor_seconds(parent.pid) is None
