"""Storing anew what earlier rules stored: files that kept their generators' metadata, wrong lengths.

An asset is named by its content, so what comes out is another asset: everything that shows the old one
is made to show it, in one transaction, and the old one is removed later like any other. Killed at
any point, the next run goes on: what is done is known by its version, and storing the same file gives
the same asset.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from . import ingest, retention
from .errors import AssetError, StorageUnavailable
from .models import Asset

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reprocessed:
    """What became of one asset: `new` is the same one where nothing had to change, None where it could
    not be stored again, for the reason in `problem`."""

    old: Asset
    new: Asset | None = None
    problem: str = ""

    @property
    def changed(self) -> bool:
        return self.new is not None and self.new.pk != self.old.pk


def reprocess(*, now: Callable[[], datetime] = timezone.now) -> Iterator[Reprocessed]:
    """Store every outdated asset anew, one after the other. Call it with no transaction open. `now` is
    asked for each: what was replaced is kept for a time from then on, and all of them may take hours.

    Raises StorageUnavailable where nothing can be stored; it is safe to begin again.
    """
    after = 0
    while asset := Asset.objects.outdated().filter(pk__gt=after).order_by("pk").first():
        after = asset.pk
        yield _reprocess(asset, now)


def _reprocess(asset: Asset, now: Callable[[], datetime]) -> Reprocessed:
    try:
        with asset.path() as path:
            new = ingest.store(path, kind=asset.kind, max_bytes=asset.bytes)
    except StorageUnavailable:
        raise
    except FileNotFoundError:
        return Reprocessed(asset, problem="The storage has lost it.")
    except AssetError as error:
        logger.warning("asset %s cannot be stored anew: %s", asset.pk, error)
        return Reprocessed(asset, problem=str(error))
    if new.pk != asset.pk:
        rows = retention.replace(asset, new, at=now())
        logger.info("asset %s is stored anew as %s, in %s rows", asset.pk, new.pk, rows)
    return Reprocessed(asset, new)
