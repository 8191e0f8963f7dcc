"""Which key a network spends on at a platform, where its owner has picked one."""

from __future__ import annotations

from django.db import models


class ChosenKey(models.Model):
    network = models.ForeignKey(
        "networks.Network", on_delete=models.CASCADE, related_name="chosen_keys"
    )
    platform = models.CharField(max_length=40)
    credential = models.ForeignKey(
        "platforms.Credential", on_delete=models.CASCADE, related_name="chosen_for"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "platform"], name="one_key_a_platform"),
        ]

    def __str__(self) -> str:
        return f"{self.network_id} on {self.platform}"
