"""With whom a network is shared: the addresses its owner has typed, whether or not there is an account.

The list shows no more than was typed, so that nobody learns from it who exists. Whoever has an
account is a collaborator from then on; whoever gets one later, from that moment.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.public_ids import new_public_id


class Share(models.Model):
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    network = models.ForeignKey("networks.Network", on_delete=models.CASCADE, related_name="shares")
    email = models.EmailField(db_index=True)  # in small letters
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "email"], name="shared_once"),
        ]

    def __str__(self) -> str:
        return f"{self.network_id} with {self.email}"
