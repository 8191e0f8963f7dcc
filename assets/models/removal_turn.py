"""Whose turn it is to remove what has expired."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import models


class RemovalTurn(models.Model):
    """One row, which one process at a time has taken, on however many machines. A turn that is not renewed ends by
    itself, so that a process that was killed keeps nobody waiting for long."""

    SINGLETON = 1
    LEASE = timedelta(minutes=5)  # longer than it takes to remove one thing

    holder = models.CharField(max_length=300)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.holder} until {self.until:%Y-%m-%d %H:%M:%S}"

    # Mutators

    @classmethod
    def take(cls, holder: str, *, at: datetime, is_gone: Callable[[str], bool]) -> bool:
        """Whether it is this process's turn now. `is_gone`: whether a holder is known to have ended."""
        new = {"holder": holder, "until": at + cls.LEASE}
        current, made = cls.objects.get_or_create(pk=cls.SINGLETON, defaults=new)
        if made:
            return True
        if current.until > at and not is_gone(current.holder):
            return False
        unchanged = cls.objects.filter(pk=current.pk, holder=current.holder, until=current.until)
        return bool(unchanged.update(**new))

    @classmethod
    def renew(cls, holder: str, *, at: datetime) -> bool:
        """False where somebody else has taken it meanwhile."""
        return bool(cls.objects.filter(holder=holder).update(until=at + cls.LEASE))

    @classmethod
    def end(cls, holder: str, *, at: datetime) -> None:
        cls.objects.filter(holder=holder).update(until=at)
