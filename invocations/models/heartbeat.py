"""Signs of life of the clusters that work, one row a host."""

from __future__ import annotations

from datetime import datetime

from django.db import models


class WorkerHeartbeat(models.Model):
    """When a host's queue last carried a message all the way round."""

    host = models.CharField(max_length=120, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.host

    # Mutators

    @classmethod
    def beat(cls, host: str, *, at: datetime) -> None:
        cls.objects.update_or_create(host=host, defaults={"seen_at": at})
