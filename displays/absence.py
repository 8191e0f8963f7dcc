"""Screens that are gone: told once, after some minutes without a word of them, and once when they are
back.

Only screens that were meant to stay are missed: that were claimed, or whose page was open for a while. A
page that somebody looked at in passing is not.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from notifications import outbox
from notifications.occasions import Occasion

from .models import DisplayReport, Installation

MAX_AT_ONCE = 100
_began = time.monotonic()  # of this process: what was not heard of while nothing ran is not gone


def expected_since(installation: Installation, at: datetime) -> datetime | None:
    """Since when its screens are to be there; None: it is closed, and they may be off."""
    if not installation.hours:
        return installation.created_at
    open_now = installation.hours.interval_at(at)
    return open_now.opens if open_now else None


def gone_after() -> timedelta:
    return timedelta(minutes=settings.SCREEN_GONE_MINUTES)


def due_screens(at: datetime) -> list[int]:
    """The reports of screens that are gone now, or back: what to call `watch_screen` with. Nobody is
    gone until this process has run for as long as it takes to miss a screen."""
    back = list(DisplayReport.objects.returned().values_list("pk", flat=True)[:MAX_AT_ONCE])
    if timedelta(seconds=time.monotonic() - _began) < gone_after():
        return back
    missing = DisplayReport.objects.missing(at - gone_after())
    # Those that are off because it is closed stay among them, and take nobody's place.
    return back + [report.pk for report in missing if _is_missed(report, at)][:MAX_AT_ONCE]


def watch_screen(pk: int, at: datetime) -> None:
    """Tell that this one is gone, or is back, if it is and nobody was told."""
    if back := DisplayReport.objects.returned().filter(pk=pk).first():
        _tell_back(back, at)
    gone = DisplayReport.objects.missing(at - gone_after()).filter(pk=pk).first()
    if gone is not None and _is_missed(gone, at):
        _tell_gone(gone, at)


def _is_missed(report: DisplayReport, at: datetime) -> bool:
    since = expected_since(report.display.installation, at)
    return since is not None and at - since >= gone_after()


def _tell_gone(report: DisplayReport, at: datetime) -> None:
    with transaction.atomic():
        if report.note_gone(at=at):
            _tell(report, Occasion.SCREEN_GONE, at)


def _tell_back(report: DisplayReport, at: datetime) -> None:
    with transaction.atomic():
        if report.note_back():
            _tell(report, Occasion.SCREEN_BACK, at)


def _tell(report: DisplayReport, occasion: Occasion, at: datetime) -> None:
    display = report.display
    installation = display.installation
    facts: outbox.Facts = {
        "screen": display.name,
        "installation": installation.name,
        "minutes": max(1, int((at - report.seen_at).total_seconds() // 60)),
        **outbox.page("installations:fleet", installation.public_id),
    }
    outbox.tell_about_network(
        installation.network, occasion, subject=display.public_id, facts=facts, at=at
    )
