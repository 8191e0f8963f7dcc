"""What the screens of a display said of themselves last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar, Self, cast

from django.db import models

from assets.models import Asset
from networks.models import Network

from .installation import Display, Kiosk


class DisplayReportQuerySet(models.QuerySet["DisplayReport"]):
    def missing(self, since: datetime) -> DisplayReportQuerySet:
        """Not heard of since then, and nobody was told yet: of displays that were claimed, or whose
        page was open for a while."""
        claimed = models.Exists(Kiosk.objects.filter(display=models.OuterRef("display")))
        stayed = models.Q(uptime_seconds__gte=DisplayReport.STAYED.total_seconds())
        rows = self.filter(models.Q(claimed) | stayed, gone_at=None, seen_at__lt=since)
        return rows._with_places()

    def returned(self) -> DisplayReportQuerySet:
        """Heard of again after they were gone."""
        return self.filter(gone_at__lt=models.F("seen_at"))._with_places()

    def _with_places(self) -> DisplayReportQuerySet:
        return self.select_related("display__installation__network__owner").order_by("pk")


class DisplayReport(models.Model):
    """The newest of all screens of a display, in whichever web process. Rewritten every few seconds."""

    MAX_CURSOR: ClassVar[int] = 120
    MAX_THUMBNAIL: ClassVar[int] = 300
    WRITTEN = (
        *("seen_at", "cursor", "lag_ms", "version", "resolution", "uptime_seconds"),
        *("memory_mb", "muted", "volume", "thumbnail"),
    )

    STAYED: ClassVar[timedelta] = timedelta(minutes=10)

    display = models.OneToOneField(Display, on_delete=models.CASCADE, related_name="report")
    seen_at = models.DateTimeField()
    cursor = models.CharField(
        max_length=MAX_CURSOR, blank=True
    )  # of the last frame that it acknowledged
    lag_ms = models.FloatField(null=True)  # from the commit of an event to its acknowledgement
    version = models.CharField(max_length=20, blank=True)
    resolution = models.CharField(max_length=20, blank=True)
    uptime_seconds = models.PositiveIntegerField(null=True)
    memory_mb = models.FloatField(null=True)
    muted = models.BooleanField(null=True)
    volume = models.FloatField(null=True)  # 0 to 1
    thumbnail = models.CharField(
        max_length=MAX_THUMBNAIL, blank=True
    )  # of what it acknowledged last

    gone_at = models.DateTimeField(null=True)  # when it was told that it is not heard of any more

    objects: ClassVar[DisplayReportQuerySet] = cast(
        "DisplayReportQuerySet", DisplayReportQuerySet.as_manager()
    )

    def __str__(self) -> str:
        return f"{self.display_id} at {self.seen_at:%H:%M:%S}"

    @classmethod
    def write(cls, reports: Iterable[Self]) -> None:
        """In the place of what was there. One query."""
        cls.objects.bulk_create(
            reports, update_conflicts=True, unique_fields=["display"], update_fields=cls.WRITTEN
        )

    @classmethod
    def forget_thumbnail(cls, network: Network, asset: Asset) -> None:
        """Of screens that are not there to show something else: this is shown no more."""
        shown = cls.objects.filter(display__installation__network=network)
        shown.exclude(thumbnail="").filter(thumbnail__in=[asset.tile_url, asset.poster_url]).update(
            thumbnail=""
        )

    # Mutators: True for the one who is first to see it

    def note_gone(self, *, at: datetime) -> bool:
        """Unless it was heard of meanwhile."""
        still = DisplayReport.objects.filter(pk=self.pk, gone_at=None, seen_at=self.seen_at)
        return bool(still.update(gone_at=at))

    def note_back(self) -> bool:
        gone = DisplayReport.objects.filter(pk=self.pk, gone_at=self.gone_at)
        return bool(gone.update(gone_at=None))
