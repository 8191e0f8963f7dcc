"""Which key a network spends on at a platform, where its owner has selected one."""

from __future__ import annotations

from django.db import models


class SelectedCredential(models.Model):
    network = models.ForeignKey(
        "networks.Network", on_delete=models.CASCADE, related_name="selected_credentials"
    )
    platform = models.CharField(max_length=40)
    credential = models.ForeignKey(
        "credentials.Credential", on_delete=models.CASCADE, related_name="selected_for"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "platform"], name="one_selection_per_platform"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network_id} on {self.platform}"
