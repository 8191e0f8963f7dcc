"""A guest's key to the terminal of one network.

Its text is its public id, signed with SECRET_KEY: whoever knows the row can write it again, for the codes on
screens, and nobody else can. It counts as long as the row is there and its time is not over.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import AuditEntry, digest
from lib.public_ids import new_public_id

if TYPE_CHECKING:
    from accounts.models import User

    from .network import Network


class TerminalToken(models.Model):
    """A guest's permission to start runs of one network, from a phone; only its digest is kept."""

    LIFETIME = timedelta(hours=1)
    RENEWED = timedelta(
        minutes=5
    )  # on screens, so that a code that is scanned has most of its hour
    REMEMBERED = timedelta(days=1)  # an open code page makes one every five minutes

    network = models.ForeignKey(
        "networks.Network", on_delete=models.CASCADE, related_name="terminal_tokens"
    )
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    on_screens = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.public_id

    # Factories

    @classmethod
    def issue(
        cls, network: Network, *, at: datetime, on_screens: bool = False
    ) -> tuple[TerminalToken, str]:
        """A new token and its text; long expired ones go."""
        public_id = new_public_id()
        plain = _signed(public_id)
        cls.objects.filter(network=network, expires_at__lt=at - cls.REMEMBERED).delete()
        token = cls.objects.create(
            network=network,
            public_id=public_id,
            digest=digest(plain),
            created_at=at,
            expires_at=at + cls.LIFETIME,
            on_screens=on_screens,
        )
        return token, plain

    @classmethod
    def text_for_screens(cls, network: Network, *, at: datetime) -> str:
        """The text of the newest token for screens; all screens show the same until it is renewed."""
        fresh = cls.objects.filter(
            network=network, on_screens=True, created_at__gt=at - cls.RENEWED
        )
        token = fresh.order_by("-created_at").first()
        if token is not None and token.digest == digest(_signed(token.public_id)):
            return _signed(token.public_id)
        return cls.issue(network, at=at, on_screens=True)[1]

    @classmethod
    def revoke_all(cls, network: Network, *, by: User | None) -> int:
        """None of them opens anything from now on; how many there were. Those on screens are replaced when
        the screens renew them."""
        revoked: int = cls.objects.filter(network=network).delete()[0]
        AuditEntry.record(by, "codes.revoked", network)
        return revoked

    # Queries

    @classmethod
    def network_opened_by(cls, plain: str, *, at: datetime) -> int | None:
        """The key of the network whose runs this text may start now."""
        valid = cls.objects.filter(digest=digest(plain), expires_at__gt=at)
        return valid.values_list("network_id", flat=True).first()

    @classmethod
    def opens(cls, network: Network, plain: str, *, at: datetime) -> bool:
        return bool(plain) and cls.network_opened_by(plain, at=at) == network.pk


def _signed(public_id: str) -> str:
    found = salted_hmac("networks.terminal_token", public_id, algorithm="sha256").digest()
    return public_id + base64.urlsafe_b64encode(found[:24]).decode()
