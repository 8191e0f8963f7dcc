"""What the queue's workers do for the whole installation."""

from __future__ import annotations

import socket

from django.utils import timezone

from invocations.engine.runner import runner
from invocations.engine.threads import Threads

from . import disk_watch, machine_watch


def watch_disk(free: int) -> None:
    """Tell when the disk of this machine is nearly full."""
    disk_watch.watch_disk(free, timezone.now())


def make_room(_: int) -> None:
    """Remove what may go before its time."""
    from . import (
        disk_room,
    )  # films with their schemas, 9 MB, are not for a worker that removes nothing

    disk_room.make_room(timezone.now())


def remove_expired(_: int) -> None:
    """Have a process remove what goes by itself; it is waited for on the worker's loop."""
    from . import retention_process

    runner().run_in_background(retention_process.begin)


def watch_machine(pk: int) -> None:
    """Tell when the queue of a machine is gone."""
    machine_watch.watch_machine(pk, timezone.now())


def watch_holes(_: int) -> None:
    """Tell of packages with holes that we know of."""
    from . import known_holes  # what reads packages is not for a worker that looks at none

    holes = known_holes.known_holes(known_holes.installed_packages())
    known_holes.watch_holes(holes, timezone.now(), host=socket.gethostname())


def watch_certificate(_: int) -> None:
    """Tell when the certificate is about to end; that waits for the network on the worker's loop."""
    runner().run_in_background(_watch_certificate)


async def _watch_certificate(threads: Threads) -> None:
    from . import (
        certificate_watch,  # what reads certificates is not for a worker that looks at none
    )

    ends_at = await threads.in_media(certificate_watch.end_of_certificate)
    now = timezone.now()
    await threads.in_database(lambda: certificate_watch.watch_certificate(ends_at, now))
