"""A takedown: one output that was taken off every screen, and what is shown in its place."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from assets.models import Asset
from lib.public_ids import new_public_id

from .invocation import Invocation


class Replacement(models.TextChoices):
    """What is shown in the place of an output that was taken down."""

    PLACEHOLDER = "placeholder", _("a placeholder")
    PREVIOUS = "previous", _("the output before it")


class Takedown(models.Model):
    """Keeps the output that the step had; the step itself has the replacement from then on."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    invocation = models.OneToOneField(Invocation, on_delete=models.CASCADE, related_name="takedown")
    output_text = models.TextField(blank=True)
    output_asset = models.ForeignKey(Asset, null=True, on_delete=models.PROTECT, related_name="+")
    replacement = models.CharField(max_length=12, choices=Replacement.choices)
    taken_down_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.public_id
