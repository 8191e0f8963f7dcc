"""A perturbation: words that were added to what the next step of a stuck run took."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .invocation import Invocation
from .run import Run


class StuckReason(models.TextChoices):
    """What a run had fallen into."""

    FROZEN = "frozen", _("it said the same again and again")
    FLAT = "flat", _("its pictures held hardly anything")


class Perturbation(models.Model):
    """`invocation` took what the step before it gave, with `words` after it."""

    invocation = models.OneToOneField(
        Invocation, on_delete=models.CASCADE, primary_key=True, related_name="perturbation"
    )
    # Those of the invocation, so that the texts before the first one are found without it
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_index=False)
    sequence = models.PositiveIntegerField()
    reason = models.CharField(max_length=6, choices=StuckReason.choices)
    words = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "sequence"], name="perturbation_sequence")
        ]

    def __str__(self) -> str:
        return f"{self.invocation_id} {self.reason}"

    @property
    def number(self) -> int:
        """Of its step, for people."""
        return self.sequence + 1
