"""A rating: how many stars a person gives a run. The run keeps the average, so that lists can filter by it."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction
from django.utils import timezone

from accounts.models import User
from invocations.models import Run

STARS = range(1, 6)


class Rating(models.Model):
    """One person's stars for one run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="ratings", db_index=False)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    stars = models.PositiveSmallIntegerField()
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "person"], name="rating_one_each"),
            models.CheckConstraint(
                condition=models.Q(stars__gte=STARS[0], stars__lte=STARS[-1]), name="rating_stars"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.stars}"

    # Mutators

    @classmethod
    def set_stars(cls, run: Run, person: User, stars: int | None, *, at: datetime) -> None:
        """Create or replace this person's rating, or remove it with None; updates the run's average."""
        if stars is not None and stars not in STARS:
            raise ValueError("a rating is one to five stars")
        with transaction.atomic():
            Run.objects.select_for_update().get(pk=run.pk)
            if stars is None:
                cls.objects.filter(run=run, person=person).delete()
            else:
                given = {"stars": stars, "given_at": at}
                cls.objects.update_or_create(run=run, person=person, defaults=given)
            run.rating = cls.objects.filter(run=run).aggregate(average=models.Avg("stars"))[
                "average"
            ]
            Run.objects.filter(pk=run.pk).update(rating=run.rating)

    # Queries

    @classmethod
    def stars_of(cls, run: Run, person: object) -> int | None:
        """The stars that this person gave the run, if any."""
        if not isinstance(person, User):
            return None
        given = cls.objects.filter(run=run, person=person)
        return given.values_list("stars", flat=True).first()
