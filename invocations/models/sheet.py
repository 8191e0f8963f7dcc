"""A contact sheet: steps chosen from a run's film strip, hung together as a grid that stands still."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.public_ids import new_public_id

from .run import Run

STEPS_MOST = 48


class Sheet(models.Model):
    """Its address is its key: whoever has it may look, as with a display."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="sheets")
    title = models.CharField(max_length=100, blank=True)
    sequences = models.JSONField(default=list)  # of the chosen steps, in their order
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        return reverse("sheet", args=[self.public_id])
