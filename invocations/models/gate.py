"""A gate: what keeps the calls to one platform, or under one credential, within bounds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

FAILURES_TO_REST = 5  # in a row, over all networks
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=5)


class Gate(models.Model):
    """Shared by every worker process: its row is held while one of them looks and passes."""

    key = models.CharField(max_length=120, unique=True)  # "replicate", or "replicate/9c1f…"
    held_until = models.DateTimeField(null=True)  # the provider asked us to wait
    failures = models.PositiveIntegerField(default=0)  # in a row
    resting_until = models.DateTimeField(null=True)  # it failed too often in a row
    rests = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["key"]  # locked in this order by everybody

    def __str__(self) -> str:
        return self.key

    # Factories

    @classmethod
    def lock(cls, keys: list[str]) -> list[Gate]:
        """The gates of these keys, held until the transaction ends; made at their first use."""
        wanted = Gate.objects.select_for_update().filter(key__in=keys)
        found = list(wanted)
        if len(found) < len(keys):
            Gate.objects.bulk_create([Gate(key=key) for key in keys], ignore_conflicts=True)
            found = list(wanted.all())
        return found

    # Mutators: within a transaction that holds the gate

    def hold(self, until: datetime) -> None:
        """Let nobody through before `until`; an earlier wish does not shorten a later one."""
        self.held_until = max(until, self.held_until) if self.held_until else until
        self.save(update_fields=["held_until"])

    def count_failure(self, at: datetime) -> bool:
        """One more failure in a row; True when it made the gate close for a while."""
        self.failures += 1
        tripped = self.failures >= FAILURES_TO_REST and not self.is_resting(at)
        if tripped:
            self.resting_until = at + min(LONGEST_REST, FIRST_REST * 2**self.rests)
            self.rests += 1
        self.save(update_fields=["failures", "resting_until", "rests"])
        return tripped

    def count_success(self) -> None:
        self.failures, self.rests, self.resting_until = 0, 0, None
        self.save(update_fields=["failures", "resting_until", "rests"])

    # Properties

    @property
    def troubled(self) -> bool:
        return self.failures > 0

    @property
    def proving(self) -> bool:
        """It rested and has not succeeded since: one call at a time shows whether it is back."""
        return self.failures >= FAILURES_TO_REST

    def is_resting(self, at: datetime) -> bool:
        return self.resting_until is not None and self.resting_until > at
