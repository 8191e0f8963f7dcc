"""What calls cost, in slices of five minutes: what budgets and mission control read.

Rows of their own, because they outlive the runs they tell of, and because adding up a day's
attempts takes the longer the more there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, cast

from django.db import connection, models

from accounts.models import User
from networks.models import Network

SLICE, HOUR, DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
KEPT = 2 * DAY  # nobody looks back further than a day
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
SUMMED = ("calls", "failed", "usd")
# One statement, and by hand: every claim pays for it.
_BOOK = (
    "INSERT INTO invocations_spending (network_id, owner_id, began_at, calls, failed, usd)"
    " VALUES (%s, %s, %s, 1, 0, %s) ON CONFLICT (network_id, began_at) DO UPDATE"
    " SET calls = invocations_spending.calls + 1, usd = invocations_spending.usd + excluded.usd"
)


@dataclass(frozen=True, slots=True)
class Totals:
    """Calls that began, those of them that failed, dollars charged or set aside."""

    calls: int
    failed: int
    usd: float

    @classmethod
    def of(cls, sums: Mapping[str, float | None], when: str) -> Totals:
        calls, failed, usd = (sums[f"{name}_{when}"] or 0 for name in SUMMED)
        # What was added and taken away again leaves a trace in the last digits.
        return cls(int(calls), int(failed), max(0.0, round(usd, 9)))


@dataclass(frozen=True, slots=True)
class Lately:
    hour: Totals
    day: Totals


def slice_of(at: datetime) -> datetime:
    """When the slice that `at` falls into began."""
    return at - (at - _BEGINNING) % SLICE


class SpendingQuerySet(models.QuerySet["Spending"]):
    def lately(self, at: datetime) -> Lately:
        """In the last hour and in the last day, in one query.

        Every slice that reaches into that time: up to five minutes too much, never too little.
        """
        of_hour = models.Q(began_at__gt=at - HOUR - SLICE)
        hour = {f"{name}_hour": models.Sum(name, filter=of_hour) for name in SUMMED}
        day = {f"{name}_day": models.Sum(name) for name in SUMMED}
        sums = self.filter(began_at__gt=at - DAY - SLICE).aggregate(**hour, **day)
        return Lately(Totals.of(sums, "hour"), Totals.of(sums, "day"))


class Spending(models.Model):
    """What a network spent in one slice. Kept when the network is deleted: its owner has spent it.

    Written in the transactions that begin and end an attempt, as the last row they lock.
    """

    network = models.ForeignKey(
        Network, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    began_at = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    usd = models.FloatField(default=0.0)

    objects: ClassVar[SpendingQuerySet] = cast("SpendingQuerySet", SpendingQuerySet.as_manager())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "began_at"], name="spending_slice"),
        ]
        indexes = [
            models.Index(fields=["owner", "began_at"], name="spending_of_owner"),
            models.Index(fields=["began_at"], name="spending_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.network_id} {self.began_at:%Y-%m-%d %H:%M}"

    # Mutators

    @classmethod
    def book(cls, network: Network, *, price: float, at: datetime) -> None:
        """A call begins; its price is set aside."""
        began_at = connection.ops.adapt_datetimefield_value(slice_of(at))
        with connection.cursor() as cursor:
            cursor.execute(_BOOK, [network.pk, network.owner_id, began_at, price])

    @classmethod
    def settle(cls, network: int, *, began_at: datetime, usd: float, failed: bool) -> None:
        """A call that began at `began_at` has cost `usd` more than was booked, or failed."""
        cls.objects.filter(network=network, began_at=slice_of(began_at)).update(
            usd=models.F("usd") + usd, failed=models.F("failed") + int(failed)
        )

    @classmethod
    def prune(cls, at: datetime) -> int:
        """Forget what is older than anybody asks for; how many slices."""
        return cls.objects.filter(began_at__lt=at - KEPT).delete()[0]
