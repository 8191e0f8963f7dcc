"""What providers sign webhooks with, per credential: asked for once in a while, kept encrypted."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from lib.encryption import EncryptedSecret, EncryptedTextField, Unreadable, encryption_transaction


class WebhookSecret(models.Model):
    """The web process checks with it what a worker asked for."""

    platform = models.CharField(max_length=40)
    credential = models.CharField(max_length=12)  # as on Attempt: a digest's beginning
    encrypted = EncryptedTextField()
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "credential"], name="callback_secret"),
        ]

    def __str__(self) -> str:
        return f"{self.platform}/{self.credential}"

    # Mutators

    @classmethod
    def keep(cls, platform: str, credential: str, secret: str, *, at: datetime) -> None:
        with encryption_transaction():
            cls.objects.update_or_create(
                platform=platform,
                credential=credential,
                defaults={"encrypted": EncryptedSecret.encrypt(secret), "fetched_at": at},
            )

    # Properties

    @property
    def secret(self) -> str:
        """Empty where the key it was encrypted with is gone: it is asked for again."""
        try:
            return self.encrypted.decrypt()
        except Unreadable:
            return ""
