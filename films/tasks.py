"""What django-q2 carries: messages, no truth."""

from __future__ import annotations

from django.utils import timezone

from invocations.engine.runner import runner

from . import uploads


def check_upload(pk: int) -> None:
    """Look at a clip that has come whole; that waits on the worker's loop, the work is a child's."""
    from . import upload_checks  # what looks at clips is not for a worker that is sent none

    runner().run_in_background(lambda threads: upload_checks.check_upload(pk, threads))


def sweep_uploads(_: int) -> None:
    """Remove uploads that nobody goes on with."""
    uploads.sweep(timezone.now())
