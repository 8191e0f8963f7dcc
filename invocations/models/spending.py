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
from lib.compiled_statements import open_cursor
from networks.models import Network

SLICE, HOUR, DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
MAX_SPENDING_AGE = 2 * DAY  # nobody looks back further than a day
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
SUMMED = ("calls", "failed", "usd", "usd_uncertain")
# One statement, and by hand: every claim pays for it.
_BOOK = (
    "INSERT INTO invocations_spending (network_id, owner_id, began_at, calls, failed, usd, usd_uncertain)"
    " VALUES (%s, %s, %s, %s, 0, %s, 0) ON CONFLICT (network_id, began_at) DO UPDATE"
    " SET calls = invocations_spending.calls + excluded.calls,"
    " usd = invocations_spending.usd + excluded.usd"
)


@dataclass(frozen=True, slots=True)
class SpendingTotals:
    """Calls that began, those of them that failed, dollars charged or set aside."""

    calls: int
    failed: int
    usd: float
    usd_uncertain: float

    @property
    def usd_at_most(self) -> float:
        """What budgets count: with what may have been charged besides."""
        return self.usd + self.usd_uncertain

    @classmethod
    def from_sums(cls, sums: Mapping[str, float | None], when: str) -> SpendingTotals:
        calls, failed, *usd = (sums[f"{name}_{when}"] or 0 for name in SUMMED)
        # What was added and taken away again leaves a trace in the last digits.
        return cls(int(calls), int(failed), *(max(0.0, round(one, 9)) for one in usd))


@dataclass(frozen=True, slots=True)
class RecentTotals:
    hour: SpendingTotals
    day: SpendingTotals


def slice_of(at: datetime) -> datetime:
    """When the slice that `at` falls into began."""
    return at - (at - _BEGINNING) % SLICE


class SpendingQuerySet(models.QuerySet["Spending"]):
    def lately(self, at: datetime, *, day_began: datetime | None = None) -> RecentTotals:
        """In the last hour and in the last day, in one query. `day_began`: the day began then, and not
        24 hours ago.

        Every slice that reaches into that time: up to five minutes too much, never too little.
        """
        of_hour = models.Q(began_at__gt=at - HOUR - SLICE)
        since = (day_began or at - DAY) - SLICE
        earliest = min(since, at - HOUR - SLICE)
        of_day = None if since == earliest else models.Q(began_at__gt=since)
        hour = {f"{name}_hour": models.Sum(name, filter=of_hour) for name in SUMMED}
        day = {f"{name}_day": models.Sum(name, filter=of_day) for name in SUMMED}
        sums = self.filter(began_at__gt=earliest).aggregate(**hour, **day)
        return RecentTotals(
            SpendingTotals.from_sums(sums, "hour"), SpendingTotals.from_sums(sums, "day")
        )

    def since(self, day_began: datetime) -> tuple[float, float | None]:
        """Dollars since then, with what may have been charged besides, and what a call has cost on
        average in all slices that are kept; None: there were none. One query."""
        today = models.Q(began_at__gt=day_began - SLICE)
        cost = models.F("usd") + models.F("usd_uncertain")
        sums = self.aggregate(
            today=models.Sum(cost, filter=today), all=models.Sum(cost), calls=models.Sum("calls")
        )
        average = max(0.0, sums["all"]) / sums["calls"] if sums["calls"] else None
        return max(0.0, sums["today"] or 0.0), average


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
    usd_uncertain = models.FloatField(default=0.0)  # may have been charged besides

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
    def book(cls, network: Network, *, price: float, at: datetime, calls: int = 1) -> None:
        """A call begins; its price is set aside. `calls=0`: one that was counted before goes on."""
        began_at = connection.ops.adapt_datetimefield_value(slice_of(at))
        with open_cursor(connection) as cursor:
            cursor.execute(_BOOK, [network.pk, network.owner_id, began_at, calls, price])

    @classmethod
    def settle(
        cls, network: int, *, began_at: datetime, usd: float, usd_uncertain: float, failed: bool
    ) -> None:
        """A call that began at `began_at` has cost `usd` more than was booked, or failed; `usd_uncertain` may have been charged besides."""
        cls.objects.filter(network=network, began_at=slice_of(began_at)).update(
            usd=models.F("usd") + usd,
            usd_uncertain=models.F("usd_uncertain") + usd_uncertain,
            failed=models.F("failed") + int(failed),
        )

    @classmethod
    def prune(cls, at: datetime) -> int:
        """Forget what is older than anybody asks for; how many slices."""
        return cls.objects.filter(began_at__lt=at - MAX_SPENDING_AGE).delete()[0]
