"""Removal of media that nothing shows any more.

Whoever deletes rows that show media calls `abandon` in the same transaction; `remove_abandoned` looks
at what was abandoned and removes what really has no other use. Which rows those might be is asked of
the database's own relations, so nothing of the apps above is known here.

The same bytes may come in again at any time. `ingest.store` therefore marks what it returns as
used (`Asset.touch`), and what was used a moment ago stays: the step that shows it is still to be
written. Files go in the transaction that removes their row: a row of the same hash that comes
after it waits for it, and is made with files of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from . import blobs
from .errors import StorageUnavailable
from .models import Asset, RetentionHold

GRACE = timedelta(seconds=60)  # between storing media and writing the step that shows it
# After another took its place: calls that are under way hold the file, and open pages its address.
REPLACED_KEPT = timedelta(hours=1)
BATCH = 500

logger = logging.getLogger(__name__)


def abandon(keys: Iterable[int], *, at: datetime) -> None:
    """Something that showed these was deleted; others may still show them."""
    wanted = list(set(keys))
    for first in range(0, len(wanted), BATCH):
        Asset.objects.filter(pk__in=wanted[first : first + BATCH]).update(abandoned_at=at)


def replace(old: Asset, new: Asset, *, at: datetime) -> int:
    """Show `new` wherever `old` is shown, and abandon `old`; how many rows that were."""
    with transaction.atomic():
        rows: int = sum(
            model._base_manager.filter(**{name: old.pk}).update(**{name: new.pk})
            for model, name in _shown_by()
        )
        Asset.objects.filter(pk=old.pk).update(abandoned_at=at, seen_at=at + REPLACED_KEPT)
    return rows


def remove_abandoned(*, at: datetime) -> int:
    """Remove rows and files of what nothing shows; how many. Call it with no transaction open. While
    somebody copies everything, nothing goes."""
    if RetentionHold.is_held(at):
        return 0
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
    return any(
        model._base_manager.filter(**{name: asset.pk}).exists() for model, name in _shown_by()
    )


def _shown_by() -> Iterator[tuple[Any, str]]:
    """The models that show media, and the name of the field with which each does."""
    relations: list[Any] = list(Asset._meta.get_fields(include_hidden=True))
    for one in relations:
        if one.auto_created and (one.one_to_many or one.one_to_one):
            yield one.related_model, one.field.name
