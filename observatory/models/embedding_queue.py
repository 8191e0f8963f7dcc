"""How far the outputs have been embedded: one row, which is also the claim of whoever works on it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from invocations.models import Invocation
from invocations.states import InvocationState

from .embedding import LateStep, embeddable

SETTLED = timedelta(seconds=60)  # a transaction that has written a row for longer does not exist
WINDOW = 2_000  # rows that one look passes
CLAIM = timedelta(seconds=90)
OPEN = (InvocationState.READY, InvocationState.INVOKING)


class EmbeddingQueue(models.Model):
    """Steps up to `passed` are done with, but for those of LateStep; of those that were there before the
    queue was, the ones above `backfilled`. Steps of before come after those that happen now."""

    passed = models.PositiveBigIntegerField()
    backfilled = models.PositiveBigIntegerField()
    claimed_until = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.passed} {self.backfilled}"

    @classmethod
    def current(cls) -> EmbeddingQueue:
        found = cls.objects.filter(pk=1).first()
        return found or cls._begin()

    @classmethod
    def _begin(cls) -> EmbeddingQueue:
        with transaction.atomic():
            newest = Invocation.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            places = {"passed": newest, "backfilled": newest + 1}
            queue, made = cls.objects.get_or_create(pk=1, defaults=places)
            if made:
                under_way = Invocation.objects.open().filter(pk__lte=newest)
                _note_late(list(under_way.values_list("pk", flat=True)))
        return queue

    # Mutators

    def claim(self, at: datetime) -> bool:
        """For a while; False where somebody else has it."""
        free = EmbeddingQueue.objects.filter(pk=self.pk, claimed_until__lte=at)
        return bool(free.update(claimed_until=at + CLAIM))

    def renew(self, at: datetime) -> None:
        EmbeddingQueue.objects.filter(pk=self.pk).update(claimed_until=at + CLAIM)

    def end_turn(self, at: datetime, *, free_at: datetime) -> None:
        """Pass what is done with, note what is still under way, and let others claim it from then on."""
        rows = Invocation.objects.filter(pk__gt=self.passed, created_at__lt=at - SETTLED)
        todo = set(rows.filter(embeddable(), embedding=None).values_list("pk", flat=True)[:WINDOW])
        under_way = []
        passed = self.passed
        for pk, state in rows.order_by("pk").values_list("pk", "state")[:WINDOW]:
            if pk in todo:
                break
            if state in OPEN:
                under_way.append(pk)
            passed = pk
        with transaction.atomic():
            _note_late(under_way)
            ended = LateStep.objects.exclude(invocation__state__in=OPEN)
            ended.exclude(invocation__in=self._late()).delete()
            EmbeddingQueue.objects.filter(pk=self.pk).update(passed=passed, claimed_until=free_at)
        self.passed = passed

    def pass_backfilled(self, below: int) -> None:
        EmbeddingQueue.objects.filter(pk=self.pk).update(backfilled=below)
        self.backfilled = below

    # Queries

    def waiting(self, count: int) -> list[int]:
        """Steps to be embedded: late ones, then the newest, then those of before the queue was."""
        new = self._of_now().order_by("-pk")
        found = list(self._late().values_list("pk", flat=True)[:count])
        found += new.values_list("pk", flat=True)[:count]
        if not found and self.backfilled > 1:
            found = self._of_before(count)
        return found[:count]

    def has_work(self) -> bool:
        return self.backfilled > 1 or self._of_now().exists() or self._late().exists()

    def _of_now(self) -> models.QuerySet[Invocation]:
        return Invocation.objects.filter(embeddable(), pk__gt=self.passed, embedding=None)

    def _late(self) -> models.QuerySet[Invocation]:
        return Invocation.objects.filter(embeddable(), late_step__isnull=False, embedding=None)

    def _of_before(self, count: int) -> list[int]:
        """The newest of them; passes what needs no embedding."""
        while self.backfilled > 1:
            first = max(1, self.backfilled - WINDOW)
            rows = Invocation.objects.filter(pk__gte=first, pk__lt=self.backfilled, embedding=None)
            found = list(
                rows.filter(embeddable()).order_by("-pk").values_list("pk", flat=True)[:count]
            )
            if found:
                self.pass_backfilled(found[0] + 1)
                return found
            self.pass_backfilled(first)
        return []


def _note_late(steps: list[int]) -> None:
    LateStep.objects.bulk_create(
        [LateStep(invocation_id=pk) for pk in steps], ignore_conflicts=True
    )
