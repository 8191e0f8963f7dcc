"""What people do with several workers at once: one change, one event, one line in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from accounts.models import AuditEntry, User
from lib.validation import Invalid

from . import workers
from .models.farm_worker import FarmWorkerQuerySet


class BulkChange(StrEnum):
    AWAKE = "awake"
    ASLEEP = "asleep"
    RESTART = "restart"
    TAG = "tag"
    UNTAG = "untag"
    ARCHIVE = "archive"


# Without a choice they are for all workers; the others are for those that were chosen.
FOR_ALL = frozenset({BulkChange.AWAKE, BulkChange.ASLEEP, BulkChange.RESTART})


def change_workers(
    found: FarmWorkerQuerySet,
    what: BulkChange,
    *,
    by: User,
    at: datetime,
    lazy: bool = False,
    tags: Sequence[str] = (),
) -> int:
    """How many were changed, or asked to be awake or asleep, or to restart: `lazy`, once their work is done. Raises
    Invalid."""
    match what:
        case BulkChange.AWAKE | BulkChange.ASLEEP | BulkChange.RESTART:
            count = found.request(str(what), lazy=lazy)
        case BulkChange.TAG:
            count = found.add_tags(_some_tags(tags), most=workers.MAX_TAGS)
        case BulkChange.UNTAG:
            count = found.remove_tags(_some_tags(tags))
        case BulkChange.ARCHIVE:
            count = workers.archive_several(found, at)
    AuditEntry.record(by, "farm.workers_changed", f"{what}: {count}")
    return count


def _some_tags(tags: Sequence[str]) -> list[str]:
    found = workers.checked_tags(tags)
    if not found:
        raise Invalid({"tags": _("Type at least one tag.")})
    return found
