"""How long work has taken, so that it can be said how long it will take."""

from __future__ import annotations

from django.db import models

WEIGHT = 0.3  # of the newest measurement, in the running mean


class TaskPace(models.Model):
    """Seconds for a unit of work (`FilmTask.work`) where nothing else runs: a running mean of tasks of one
    operation, one size class and one backend. `work` is how much one of them was."""

    operation = models.CharField(max_length=20)
    size_class = models.CharField(max_length=20)
    backend = models.CharField(max_length=40)
    seconds = models.FloatField()
    work = models.FloatField(default=0.0)
    count = models.PositiveIntegerField(default=1)
    measured_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "size_class", "backend"], name="task_pace_of_backend"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.size_class} {self.backend}"

    # Mutators

    @classmethod
    def note(
        cls, operation: str, size_class: str, backend: str, *, seconds: float, work: float
    ) -> None:
        """One more task: so much work in so many seconds, of the clock by the load while it ran."""
        key = {"operation": operation, "size_class": size_class, "backend": backend}
        pace = seconds / work
        found, created = cls.objects.get_or_create(**key, defaults={"seconds": pace, "work": work})
        if not created:
            found.seconds += WEIGHT * (pace - found.seconds)
            found.work += WEIGHT * (work - found.work)
            found.count += 1
            found.save()
