"""What people can be told of, and how serious each of it is."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(StrEnum):
    """As receivers colour a message; the words of `apprise`."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"


class Occasion(models.TextChoices):
    """The codes are stored and part of the API."""

    SCREEN_GONE = "screen-gone", _("A screen is gone")
    SCREEN_BACK = "screen-back", _("A screen is back")
    RUN_FAILED = "run-failed", _("A run fails")
    PROVIDER_DOWN = "provider-down", _("A provider is down")
    PROVIDER_RECOVERED = "provider-recovered", _("A provider answers again")
    BUDGET_NEARLY = "budget-nearly", _("A budget is nearly spent")
    BUDGET_SPENT = "budget-spent", _("A budget is spent")
    FILM_FINISHED = "film-finished", _("A film is finished")
    FILM_WAITING = "film-waiting", _("A film waits for approval")
    FILM_FAILED = "film-failed", _("A film fails")
    DISK_LOW = "disk-low", _("The disk is nearly full")
    DISK_FULL = "disk-full", _("The disk is full, and nothing begins")
    BACKUP_FAILED = "backup-failed", _("A backup fails")
    WORKER_GONE = "worker-gone", _("A machine is gone")
    CERTIFICATE_ENDS = "certificate-ends", _("The certificate is about to end")
    KNOWN_HOLE = "known-hole", _("A package has a known hole")
    TEST = "test", _("A test")


SELECTABLE = [one for one in Occasion if one is not Occasion.TEST]
# Of the installation as a whole: only admins are told
FOR_ADMINS = frozenset(
    {
        Occasion.DISK_LOW,
        Occasion.DISK_FULL,
        Occasion.BACKUP_FAILED,
        Occasion.WORKER_GONE,
        Occasion.CERTIFICATE_ENDS,
        Occasion.KNOWN_HOLE,
    }
)

_LEVELS = {
    Occasion.SCREEN_GONE: Level.FAILURE,
    Occasion.SCREEN_BACK: Level.SUCCESS,
    Occasion.RUN_FAILED: Level.FAILURE,
    Occasion.PROVIDER_DOWN: Level.FAILURE,
    Occasion.PROVIDER_RECOVERED: Level.SUCCESS,
    Occasion.BUDGET_NEARLY: Level.WARNING,
    Occasion.BUDGET_SPENT: Level.WARNING,
    Occasion.FILM_FINISHED: Level.SUCCESS,
    Occasion.FILM_WAITING: Level.INFO,
    Occasion.FILM_FAILED: Level.FAILURE,
    Occasion.DISK_LOW: Level.WARNING,
    Occasion.DISK_FULL: Level.FAILURE,
    Occasion.BACKUP_FAILED: Level.FAILURE,
    Occasion.WORKER_GONE: Level.FAILURE,
    Occasion.CERTIFICATE_ENDS: Level.WARNING,
    Occasion.KNOWN_HOLE: Level.WARNING,
    Occasion.TEST: Level.INFO,
}
_SEVERITY = [Level.INFO, Level.SUCCESS, Level.WARNING, Level.FAILURE]


def level_of(occasions: list[str]) -> Level:
    """The most serious of them."""
    return max((_LEVELS[Occasion(one)] for one in occasions), key=_SEVERITY.index)
