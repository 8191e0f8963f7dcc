"""Letting go of media that nothing shows any more.

Whoever forgets rows that show media calls `abandon` in the same transaction; `remove_abandoned` looks
at what was abandoned and removes what really has no other use. Which rows those might be is asked of
the database's own relations, so nothing above has to be known here.

The same bytes may come in again at any time. `ingest.store` therefore says of what it hands out that
it was seen (`Asset.touch`), and what was seen a moment ago stays: the step that shows it is still to
be written. Files go in the transaction that removes their row: a row of the same hash that comes
after it waits for it, and is made with files of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from . import blobs
from .errors import StorageUnavailable
from .models import Asset

GRACE = timedelta(seconds=60)  # between handing media out and writing the step that shows it
BATCH = 500

logger = logging.getLogger(__name__)


def abandon(keys: Iterable[int], *, at: datetime) -> None:
    """Something that showed these is gone; others may still show them."""
    wanted = list(set(keys))
    for first in range(0, len(wanted), BATCH):
        Asset.objects.filter(pk__in=wanted[first : first + BATCH]).update(abandoned_at=at)


def remove_abandoned(*, at: datetime) -> int:
    """Remove rows and files of what nothing shows; how many. Call it with no transaction open."""
    removed, after = 0, 0
    waiting = Asset.objects.abandoned(before=at - GRACE).order_by("pk")
    while keys := list(waiting.filter(pk__gt=after).values_list("pk", flat=True)[:BATCH]):
        removed += sum(_remove(key, at) for key in keys)
        after = keys[-1]
    return removed


def _remove(key: int, at: datetime) -> bool:
    try:
        with transaction.atomic():
            found = Asset.objects.abandoned(before=at - GRACE).select_for_update()
            asset = found.filter(pk=key).first()
            if asset is None:
                return False
            if _is_shown(asset):
                Asset.objects.filter(pk=key).update(abandoned_at=None)
                return False
            Asset.objects.filter(pk=key).delete()
            blobs.remove(asset.names)
    except (IntegrityError, StorageUnavailable, OSError):  # shown after all, or not to be reached
        logger.warning("asset %s stays for now", key, exc_info=True)
        return False
    return True


def _is_shown(asset: Asset) -> bool:
    relations: list[Any] = list(Asset._meta.get_fields(include_hidden=True))
    return any(
        one.related_model._base_manager.filter(**{one.field.name: asset.pk}).exists()
        for one in relations
        if one.auto_created and (one.one_to_many or one.one_to_one)
    )
