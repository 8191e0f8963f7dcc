"""What django-q2 carries: messages, no truth."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress

from django.conf import settings
from django.utils import timezone

from invocations.engine.runner import runner

from . import retention, sweep, uploads

NICENESS = 19
_started: dict[int, subprocess.Popen[bytes]] = {}  # of this process, by their places


def check_upload(pk: int) -> None:
    """Look at a clip that has come whole; that waits on the worker's loop, the work is a child's."""
    from . import upload_checks  # what looks at clips is not for a worker that is sent none

    runner().run_in_background(lambda threads: upload_checks.check_upload(pk, threads))


def sweep_uploads(_: int) -> None:
    """Remove uploads that nobody goes on with."""
    uploads.sweep(timezone.now())


def start_worker(place: int) -> None:
    """Start the process of a place. It ends at once where there is one already."""
    former = _started.get(place)
    if former is not None and former.poll() is None:
        return
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "make_films"]
    process = subprocess.Popen(  # noqa: S603 (our own program)
        [*command, "--place", str(place), "--parent", str(os.getpid())],
        stdin=subprocess.DEVNULL,
        cwd=settings.BASE_DIR,
    )
    # At once: it takes a second or two of a core until it is there, beside a ring that may live.
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    _started[place] = process


def tidy_films(_: int) -> None:
    """Remove what has expired, and what kills have left behind."""
    now = timezone.now()
    retention.remove(retention.expiring(now), at=now)
    sweep.remove_left_over_folders()
