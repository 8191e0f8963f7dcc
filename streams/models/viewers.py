"""How many play a stream, as each web process counts them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Sum

from networks.models import Network


class StreamViewers(models.Model):
    """Numbers only: who they are is in the memory of the process that counts, for half a minute."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="+")
    process = models.CharField(max_length=40)
    count = models.PositiveIntegerField()
    seen_at = models.DateTimeField()

    VALID_FOR = timedelta(seconds=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "process"], name="stream_viewers_once"),
        ]

    def __str__(self) -> str:
        return f"{self.count} of {self.network_id}"

    # Mutators

    @classmethod
    def save_count(cls, network: int, process: str, count: int, *, at: datetime) -> None:
        """Replaces what this process said before; what dead ones said is removed."""
        cls.objects.filter(seen_at__lt=at - 10 * cls.VALID_FOR).delete()
        found = {"count": count, "seen_at": at}
        cls.objects.update_or_create(network_id=network, process=process, defaults=found)

    # Queries

    @classmethod
    def counts(cls, *, at: datetime) -> dict[int, int]:
        """By network."""
        fresh = cls.objects.filter(seen_at__gte=at - cls.VALID_FOR)
        return dict(fresh.values_list("network").annotate(Sum("count")))

    @classmethod
    def count_all(cls, network: int, *, at: datetime) -> int:
        fresh = cls.objects.filter(network=network, seen_at__gte=at - cls.VALID_FOR)
        return int(fresh.aggregate(all=Sum("count"))["all"] or 0)
