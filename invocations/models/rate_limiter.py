"""What keeps the calls to one platform, or with one credential, within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

FAILURES_TO_REST = 5  # in a row, over all networks
FAILURES_KEPT = timedelta(minutes=10)  # a failure longer ago says nothing about now
MAX_SOURCES = 8
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=5)


_BREAKER_FIELDS = ["failures", "open_until", "openings", "failed_at", "sources"]


class RateLimiter(models.Model):
    """Shared by every worker process: its row is held while one of them looks and passes."""

    # "replicate", "replicate/<credential>", "replicate:<model>", or "replicate:<model>#<credential>"
    key = models.CharField(max_length=260, unique=True)
    held_until = models.DateTimeField(null=True)  # the provider asked us to wait
    failures = models.PositiveIntegerField(default=0)  # in a row
    open_until = models.DateTimeField(null=True)  # it failed too often in a row
    openings = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    sources = models.JSONField(default=list)  # what failed in this row: [model, credential]

    class Meta:
        ordering: ClassVar[list[str]] = ["key"]  # locked in this order by everybody

    def __str__(self) -> str:
        return self.key

    # Factories

    @classmethod
    def lock(cls, keys: list[str], *, existing: Sequence[str] = ()) -> list[RateLimiter]:
        """The limiters of these keys, held until the transaction ends; made at their first use.

        With them those of the `existing` keys that are there.
        """
        wanted = RateLimiter.objects.select_for_update().filter(key__in=[*keys, *existing])
        found = list(wanted)
        if not {row.key for row in found}.issuperset(keys):
            RateLimiter.objects.bulk_create(
                [RateLimiter(key=key) for key in keys], ignore_conflicts=True
            )
            found = list(wanted.all())
        return found

    # Mutators: within a transaction that holds the limiter

    def hold(self, until: datetime) -> None:
        """Let nobody through before `until`; an earlier wish does not shorten a later one."""
        self.held_until = max(until, self.held_until) if self.held_until else until
        self.save(update_fields=["held_until"])

    def count_failure(self, source: Sequence[str], at: datetime) -> bool:
        """One more failure in a row; True when it made the breaker open for a while.

        It opens only where nothing narrower can be at fault: the row of a platform or credential
        needs failures of two models, that of a platform or model failures with two credentials.
        """
        if not self._is_recent(at):
            self.failures, self.openings, self.sources = 0, 0, []
        self.failures, self.failed_at = self.failures + 1, at
        if list(source) not in self.sources and len(self.sources) < MAX_SOURCES:
            self.sources = [*self.sources, list(source)]
        tripped = (
            self.failures >= FAILURES_TO_REST
            and self._fails_with_everything()
            and not self.is_open(at)
        )
        if tripped:
            self.open_until = at + min(LONGEST_REST, FIRST_REST * 2**self.openings)
            self.openings += 1
        self.save(update_fields=_BREAKER_FIELDS)
        return tripped

    def count_success(self) -> None:
        self.failures, self.openings, self.sources = 0, 0, []
        self.open_until = self.failed_at = None
        self.save(update_fields=_BREAKER_FIELDS)

    # Properties

    @property
    def has_failed(self) -> bool:
        return self.failures > 0

    def is_half_open(self, at: datetime) -> bool:
        """It rested and has not succeeded since: one call at a time shows whether it is back."""
        return self.openings > 0 and self._is_recent(at)

    def is_open(self, at: datetime) -> bool:
        return self.open_until is not None and self.open_until > at

    def _is_recent(self, at: datetime) -> bool:
        return self.failed_at is not None and at - self.failed_at <= FAILURES_KEPT

    def _fails_with_everything(self) -> bool:
        models, credentials = ({source[part] for source in self.sources} for part in (0, 1))
        of_a_model = ":" in self.key
        of_a_credential = ("#" if of_a_model else "/") in self.key
        keyless = credentials == {""}
        return (of_a_model or len(models) > 1) and (
            of_a_credential or keyless or len(credentials) > 1
        )
