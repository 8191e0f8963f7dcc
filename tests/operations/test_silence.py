"""A process that hangs is told from one that is kept waiting for the processor."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from operations.silence import GRACE_SECONDS, MOST, SilenceWatch

STALL = 120.0


@contextmanager
def process(code: str) -> Iterator[int]:
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        child.stdout.read(1)  # it is at work
        yield child.pid
    finally:
        child.kill()
        child.communicate()


def looked_at(watch: SilenceWatch, seconds: float) -> bool:
    """After so much silence, asked all the time."""
    return any(watch.is_stalled(now / 2) for now in range(int(2 * seconds)))


def watching(pid: int) -> SilenceWatch:
    watch = SilenceWatch(pid, STALL, 0.0)
    watch.hear(0.0)
    return watch


def wait_until_asleep(pid: int) -> None:
    """It says its word before it sleeps, and is at work until then."""
    told = Path(f"/proc/{pid}/stat")
    while told.exists() and told.read_text().rpartition(")")[2].split()[0] != "S":
        time.sleep(0.01)


def test_process_that_sleeps_has_stalled() -> None:
    with process("import time; print('.', flush=True); time.sleep(600)") as pid:
        wait_until_asleep(pid)
        watch = watching(pid)

        assert not looked_at(watch, STALL)
        assert watch.is_stalled(STALL + 1)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not say")
def test_process_that_wants_the_processor_and_gets_little_is_waited_for() -> None:
    with process("print('.', flush=True)\nwhile True: pass") as pid:
        watch = watching(pid)

        assert not looked_at(watch, STALL * MOST)
        assert watch.is_stalled(STALL * MOST + GRACE_SECONDS + 1)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not say")
def test_process_that_has_the_processor_and_says_nothing_has_stalled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with process("print('.', flush=True)\nwhile True: pass") as pid:
        watch = watching(pid)
        monkeypatch.setattr("operations.silence.STARVED", -1.0)  # it got more than that

        assert watch.is_stalled(STALL + 1)


def test_process_has_a_minute_for_its_first_word() -> None:
    watch = SilenceWatch(0, 5.0, 0.0)

    assert not watch.is_stalled(59.0)
    assert watch.is_stalled(61.0)
