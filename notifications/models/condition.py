"""What holds for a while and is told once when it begins."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, models, transaction


class Condition(models.Model):
    """It holds as long as the row is there: `disk:<host>`, `provider:<key>`, `budget-spent:<network>`."""

    key = models.CharField(max_length=300, unique=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return self.key

    @classmethod
    def begin(cls, key: str, *, at: datetime) -> bool:
        """Within the caller's transaction. True for the one who is the first to see it."""
        if cls.objects.filter(key=key).exists():
            return False
        try:
            with transaction.atomic():
                cls.objects.create(key=key, since=at)
        except IntegrityError:
            return False
        return True

    @classmethod
    def end(cls, key: str) -> bool:
        """Within the caller's transaction. True for the one who is the first to see that it is over."""
        return bool(cls.objects.filter(key=key).delete()[0])
