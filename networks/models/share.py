"""With whom a network is shared, by e-mail address, and as what."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lib.public_ids import new_public_id


class ShareRole(models.TextChoices):
    """What somebody with whom a network is shared may do with it."""

    COLLABORATOR = "collaborator", _("helps: starts, stops, pauses and sees everything")
    ATTENDANT = "attendant", _("attends: pauses, stops, starts prompts, takes outputs off")


class Share(models.Model):
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    network = models.ForeignKey("networks.Network", on_delete=models.CASCADE, related_name="shares")
    email = models.EmailField(db_index=True)  # in small letters
    role = models.CharField(
        max_length=12, choices=ShareRole.choices, default=ShareRole.COLLABORATOR
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "email"], name="shared_once"),
        ]

    def __str__(self) -> str:
        return f"{self.network_id} with {self.email}"
