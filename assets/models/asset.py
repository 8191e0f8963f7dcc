"""A piece of media: an image, a sound or a video, named by the SHA-256 of its bytes.

Rows are written by `assets.ingest.store` alone, after the files lie where `name` says, so a row is
a promise: its media decodes. What a row says of its media changes only where the rules of ingest did
(`ingest_version`); `retention` removes rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict

from django.db import models
from django.utils import timezone

from assets import blobs
from assets.kinds import INGEST_VERSION, MediaKind

SEEN_UPDATE_INTERVAL = timedelta(seconds=20)


class Rendition(TypedDict):
    """A smaller WebP copy of an image."""

    width: int
    height: int
    bytes: int


class AssetQuerySet(models.QuerySet["Asset"]):
    # Factories

    def published(self, *, sha256: str, **fields: Any) -> Asset:
        """The asset of this hash, made if it is new. Of two who race, both get the same one. One that
        earlier rules described is described anew."""
        fields["ingest_version"] = INGEST_VERSION
        asset, created = self.get_or_create(sha256=sha256, defaults=fields)
        if not created and not asset.is_current:
            self.filter(pk=asset.pk, ingest_version__lt=INGEST_VERSION).update(**fields)
            asset.refresh_from_db()
        return asset

    # Queries

    def with_sha256(self, sha256: str) -> Asset | None:
        return self.filter(sha256=sha256).first()

    def outdated(self) -> AssetQuerySet:
        """Stored by earlier rules. What is about to be removed needs no other."""
        return self.filter(ingest_version__lt=INGEST_VERSION, abandoned_at__isnull=True)

    def abandoned(self, *, before: datetime) -> AssetQuerySet:
        """Of which something that shows it was deleted, and that nobody has used since `before`."""
        return self.filter(abandoned_at__isnull=False, seen_at__lt=before)


class Asset(models.Model):
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    kind = models.CharField(max_length=5, choices=MediaKind.choices)
    content_type = models.CharField(max_length=50)
    extension = models.CharField(max_length=5)
    bytes = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    renditions = models.JSONField(default=dict, blank=True)  # dict[str, Rendition]
    ingest_version = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    seen_at = models.DateTimeField(default=timezone.now, editable=False)  # last used, about then
    abandoned_at = models.DateTimeField(
        null=True, editable=False
    )  # when something that shows it was deleted

    objects = AssetQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(abandoned_at__isnull=False),
                name="asset_abandoned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sha256}.{self.extension}"

    # Mutators

    def touch(self, at: datetime) -> bool:
        """It is used once more, so it must be kept. False where it was just removed.

        Written now and then only: a run may give the same picture ten times a second.
        """
        if self.abandoned_at is None and at - self.seen_at < SEEN_UPDATE_INTERVAL:
            return True
        kept = Asset.objects.filter(pk=self.pk).update(seen_at=at, abandoned_at=None)
        return bool(kept)

    def describe_copies(self, renditions: dict[str, Rendition]) -> None:
        """Its smaller copies were made anew."""
        Asset.objects.filter(pk=self.pk).update(renditions=renditions)
        self.renditions = renditions

    # Properties

    @property
    def is_current(self) -> bool:
        """Whether it was stored by the rules of today."""
        return self.ingest_version >= INGEST_VERSION

    @property
    def names(self) -> list[str]:
        """Where the storage keeps it and its renditions."""
        return [self.name, *(blobs.name_of(self.sha256, f"{one}.webp") for one in self.renditions)]

    @property
    def name(self) -> str:
        """Where the storage keeps it."""
        return blobs.name_of(self.sha256, self.extension)

    @property
    def url(self) -> str:
        # Not reversed: a film strip has hundreds, and the address is a contract.
        return f"/assets/{self.sha256}.{self.extension}"

    @property
    def tile_url(self) -> str:
        """For one tile of a board; the original where no rendition was made."""
        return self._rendition_url("tile")

    @property
    def screen_url(self) -> str:
        """For one whole screen; of a small image that is its tile rendition."""
        return self._rendition_url("screen")

    @property
    def poster_url(self) -> str:
        """A still of a video, the waveform of a sound; empty for what has none."""
        return self._rendition_url("poster") if "poster" in self.renditions else ""

    def rendition(self, size: str) -> tuple[str, int] | None:
        """The storage's name and the length of the rendition to show at `size`, if there is one."""
        found = self._rendition_for(size)
        if found is None:
            return None
        kept: Rendition = self.renditions[found]
        return blobs.name_of(self.sha256, f"{found}.webp"), kept["bytes"]

    # Queries

    @contextmanager
    def path(self) -> Iterator[Path]:
        """A local file with the media, to be read inside the block only and never changed."""
        with blobs.local_path(self.name) as path:
            yield path

    def _rendition_for(self, size: str) -> str | None:
        if size in self.renditions:
            return size
        return "tile" if size == "screen" and "tile" in self.renditions else None

    def _rendition_url(self, size: str) -> str:
        found = self._rendition_for(size)
        return f"/assets/{self.sha256}/{found}.webp" if found else self.url
