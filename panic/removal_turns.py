"""Removing what has expired is done by one process at a time: the queue's, an admin's request, or a command.

Two at once would each write the same runs into bundles while the other one removes them, and report them twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from django.utils import timezone
from django.utils.translation import gettext as _

from assets.models import RemovalTurn
from invocations.engine import worker_locks
from invocations.engine.worker_locks import WorkerState

RENEW_SECONDS = RemovalTurn.LEASE.total_seconds() / 10
LOOK_SECONDS = 1.0


class RemovalUnderWay(Exception):
    """Another process is removing things; `str(error)` says so."""


@contextmanager
def removal_turn() -> Iterator[Callable[[], bool]]:
    """The turn, for as long as the block. Yields what is to be asked after each thing that was removed: whether it
    is still this process's turn. Raises RemovalUnderWay."""
    name, lock = worker_locks.register_worker()  # so that others here see at once when it has died
    try:
        if not RemovalTurn.take(name, at=timezone.now(), is_gone=_is_gone):
            raise RemovalUnderWay(
                _("Something is being removed just now, on this machine or another one.")
            )
        try:
            yield _renewal(name)
        finally:
            RemovalTurn.end(name, at=timezone.now())
    finally:
        lock.close()
        worker_locks.worker_state(name)  # takes the file away


@contextmanager
def awaited_removal_turn(said: Callable[[str], object]) -> Iterator[Callable[[], bool]]:
    """The turn, once whoever has it is done, or has been silent for the time of a lease."""
    with ExitStack() as stack:
        yield _wait_for_turn(stack, said)


def _wait_for_turn(stack: ExitStack, said: Callable[[str], object]) -> Callable[[], bool]:
    waits = False
    while True:
        try:
            return stack.enter_context(removal_turn())
        except RemovalUnderWay as error:
            if not waits:
                said(f"{error} This goes on after it.")
            waits = True
            time.sleep(LOOK_SECONDS)


def _is_gone(holder: str) -> bool:
    return worker_locks.worker_state(holder) != WorkerState.ALIVE


def _renewal(name: str) -> Callable[[], bool]:
    """Not each time that it is asked: things are small, and many."""
    last = time.monotonic()

    def is_still_ours() -> bool:
        nonlocal last
        if time.monotonic() - last < RENEW_SECONDS:
            return True
        last = time.monotonic()
        return RemovalTurn.renew(name, at=timezone.now())

    return is_still_ours
