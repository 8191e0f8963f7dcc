"""django-q2's broker: deals due rows first, then whatever else was put into its own queue."""

from __future__ import annotations

import time
from typing import Any

from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from realtime import wakeup

from .dealing import CANARY, ROW, Dealer, SignOfLife

LOOK_EVERY = 1.0  # seconds; ordinary tasks are few, and their doorbell wakes the dealer as well


class RowBroker(ORM):  # type: ignore[misc]
    """Made before the fork, used after it: what belongs to one process is made at its first use."""

    _dealer: Dealer | None = None
    _sign: SignOfLife | None = None
    _looked = 0.0

    def enqueue(self, task: str) -> Any:
        key = super().enqueue(task)
        wakeup.ring("work")
        return key

    def dequeue(self) -> list[tuple[Any, str]] | None:
        if self._dealer is None:
            self._dealer = Dealer()
        messages: list[tuple[Any, str]] = list(self._dealer.deal())
        return messages + self._ordinary()

    def _ordinary(self) -> list[tuple[Any, str]]:
        """Tasks put in with `async_task`; the stock broker sleeps when there are none."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return []
        self._looked = now
        waiting = self.get_connection().filter(key=self.list_key, lock__lt=timezone.now())
        return list(super().dequeue() or []) if waiting[: Conf.BULK].exists() else []

    def acknowledge(self, task_id: Any) -> Any:
        if task_id == ROW:
            return None
        if task_id == CANARY:
            if self._sign is None:
                self._sign = SignOfLife()
            return self._sign.show()
        return super().acknowledge(task_id)

    def fail(self, task_id: Any) -> None:
        if task_id not in (ROW, CANARY):
            super().fail(task_id)
