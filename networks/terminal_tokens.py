"""A guest's key to the terminal of one network."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from accounts.models import digest
from accounts.public_ids import new_public_id

if TYPE_CHECKING:
    from .models import Network


class TerminalToken(models.Model):
    """A guest's permission to start runs of one network, from a phone; only its digest is kept."""

    LIFETIME = timedelta(hours=1)
    REMEMBERED = timedelta(days=1)  # an open code page makes one every five minutes

    network = models.ForeignKey(
        "networks.Network", on_delete=models.CASCADE, related_name="terminal_tokens"
    )
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.public_id

    # Factories

    @classmethod
    def issue(cls, network: Network, *, at: datetime) -> tuple[TerminalToken, str]:
        """A new token and its plain text, which is nowhere else; long expired ones go."""
        plain = secrets.token_urlsafe(24)
        cls.objects.filter(network=network, expires_at__lt=at - cls.REMEMBERED).delete()
        token = cls.objects.create(
            network=network, digest=digest(plain), created_at=at, expires_at=at + cls.LIFETIME
        )
        return token, plain

    # Queries

    @classmethod
    def opens(cls, network: Network, plain: str, *, at: datetime) -> bool:
        """Whether this text may start runs of `network` now."""
        return (
            bool(plain)
            and cls.objects.filter(
                network=network, digest=digest(plain), expires_at__gt=at
            ).exists()
        )
