"""Model servers that an admin added."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from credentials.server_stamp import server_stamp
from lib.encryption import EncryptedSecret, EncryptedTextField, encryption_transaction
from lib.public_ids import new_public_id
from platforms.base import JSON
from platforms.servers import KnownServer, ServerKind

KINDS = [("compatible", _("OpenAI-compatible")), ("comfyui", "ComfyUI")]
CHECKED_EVERY = timedelta(minutes=1)


class ServerQuerySet(models.QuerySet["Server"]):
    def due_for_check(self, at: datetime) -> ServerQuerySet:
        """Switched on, and not checked for a while; the longest ago first."""
        before = at - CHECKED_EVERY
        old = models.Q(checked_at__isnull=True) | models.Q(checked_at__lte=before)
        # A time in the future was noted before the clock was set back.
        ahead = models.Q(checked_at__gt=at + CHECKED_EVERY)
        return self.filter(old | ahead, enabled=True).order_by("checked_at", "id")

    def by_name(self) -> ServerQuerySet:
        return self.order_by("name", "id")


class Server(models.Model):
    """A model server. Its slug is part of its models' ids, so it never changes."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    kind = models.CharField(max_length=12, choices=KINDS)
    slug = models.SlugField(max_length=50, unique=True, editable=False)
    name = models.CharField(max_length=60)
    address = models.CharField(max_length=300)
    key = EncryptedTextField(blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    listed = models.JSONField(default=list, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[ServerQuerySet] = cast("ServerQuerySet", ServerQuerySet.as_manager())

    def __str__(self) -> str:
        return self.slug

    # Factories

    @classmethod
    def add(
        cls, *, kind: str, name: str, address: str, key: str = "", enabled: bool = True
    ) -> Server:
        """A new server; its name gives the slug."""
        with encryption_transaction():
            made = cls.objects.create(
                kind=kind,
                slug=free_slug(cls.objects, name, "server"),
                name=name,
                address=address,
                key=EncryptedSecret.encrypt(key),
                enabled=enabled,
            )
            server_stamp.announce_change()
        return made

    # Mutators

    def change(self, *, key: str | None = None, **fields: object) -> None:
        """Set these; `key`: "" removes it. With another address, what was found out is reset."""
        with encryption_transaction():
            if key is not None:
                fields["key"] = EncryptedSecret.encrypt(key)
            if fields.get("address", self.address) != self.address:
                fields |= {"problem": "", "checked_at": None}
            if fields:
                type(self).objects.filter(pk=self.pk).update(**fields)
                server_stamp.announce_change()
        self.refresh_from_db()

    def claim_check(self, at: datetime) -> bool:
        """Whether the caller is to check it; of several that ask, only one gets True."""
        same = type(self).objects.filter(pk=self.pk, checked_at=self.checked_at)
        return bool(same.update(checked_at=at))

    def note_check(self, listed: Sequence[JSON] | None, problem: str, *, at: datetime) -> None:
        """What it offers, or None and why it did not say: then what it listed before stays."""
        fields: dict[str, object] = {"problem": problem[:300], "checked_at": at}
        if listed is not None:
            fields |= {"listed": list(listed), "last_seen_at": at}
        with transaction.atomic():
            # Only while it is still the server that was asked.
            type(self).objects.filter(pk=self.pk, address=self.address).update(**fields)
            if problem or self.problem or list(listed or ()) != self.listed:
                server_stamp.announce_change()
        self.refresh_from_db()

    def remove(self) -> None:
        """With its workflows. Networks that use its models report it from then on."""
        with transaction.atomic():
            self.delete()
            server_stamp.announce_change()

    # Properties

    @property
    def known(self) -> KnownServer:
        return KnownServer(
            slug=self.slug,
            name=self.name,
            kind=ServerKind(self.kind),
            address=self.address,
            enabled=self.enabled,
            key=self.key,
            listed=tuple(self.listed),
            problem=self.problem,
            checked_at=self.checked_at,
        )


def free_slug(rows: models.Manager[Any], name: str, otherwise: str) -> str:
    """Made from the name, once and for all; `otherwise` where no letter of it can be used."""
    slug = slugify(name)[:40].strip("-") or otherwise
    found = slug
    while found in settings.COMPATIBLE_SERVERS or rows.filter(slug=found).exists():
        found = f"{slug}-{secrets.token_hex(2)}"
    return found
