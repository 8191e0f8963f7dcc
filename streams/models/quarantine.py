"""Outputs that an encoder could not show, or that ended it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F

from networks.models import Network

MAX_FAILURES = 3
MAX_KEY = 120


class QuarantinedItem(models.Model):
    """One of a network; it is not shown any more once it has failed three times."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="stream_quarantine")
    key = models.CharField(max_length=MAX_KEY)  # of `streams.program`: the step and what it gave
    failures = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "key"], name="quarantined_once"),
        ]

    def __str__(self) -> str:
        return self.key

    # Mutators

    @classmethod
    def count_failure(cls, network: Network, key: str, reason: str, *, at: datetime) -> bool:
        """Whether it is in quarantine now."""
        row, _ = cls.objects.get_or_create(network=network, key=key[:MAX_KEY])
        fields = {"failures": F("failures") + 1, "reason": reason[:300], "failed_at": at}
        cls.objects.filter(pk=row.pk).update(**fields)
        row.refresh_from_db()
        return row.failures >= MAX_FAILURES

    # Queries

    @classmethod
    def keys_of(cls, network: Network) -> frozenset[str]:
        """Those that are not shown any more."""
        found = cls.objects.filter(network=network, failures__gte=MAX_FAILURES)
        return frozenset(found.values_list("key", flat=True))
