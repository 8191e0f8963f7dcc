"""A target: a server of somebody's to which a stream is sent."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, cast

from django.db import models
from django.utils import timezone

from lib.encryption import EncryptedSecret, EncryptedTextField, Unreadable, encryption_transaction
from lib.public_ids import new_public_id
from networks.models import Network
from streams.states import TargetState


class StreamTargetQuerySet(models.QuerySet["StreamTarget"]):
    def enabled_ones(self) -> StreamTargetQuerySet:
        return self.filter(enabled=True)

    def by_name(self) -> StreamTargetQuerySet:
        return self.order_by("name", "pk")


class StreamTarget(models.Model):
    """Its address and its key are encrypted and written only; the host's name is what is shown."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="stream_targets")
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=60)
    address = EncryptedTextField()
    key = EncryptedTextField(blank=True)
    host = models.CharField(max_length=253)
    private_allowed = models.BooleanField(default=False)  # by an admin, for this address
    enabled = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=TargetState.choices, default=TargetState.OFF)
    last_error = models.CharField(max_length=300, blank=True)
    failed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[StreamTargetQuerySet] = cast(
        "StreamTargetQuerySet", StreamTargetQuerySet.as_manager()
    )

    def __str__(self) -> str:
        return self.public_id

    # Factories

    @classmethod
    def add(cls, network: Network, *, address: str, key: str, **fields: object) -> StreamTarget:
        with encryption_transaction():
            return cls.objects.create(
                network=network,
                address=EncryptedSecret.encrypt(address),
                key=EncryptedSecret.encrypt(key) if key else "",
                **fields,
            )

    # Mutators

    def change(
        self, *, address: str | None = None, key: str | None = None, **fields: object
    ) -> None:
        """With another address or key it is tried anew at once."""
        with encryption_transaction():
            if address is not None:
                fields["address"] = EncryptedSecret.encrypt(address)
            if key is not None:
                fields["key"] = EncryptedSecret.encrypt(key) if key else ""
            if fields:
                StreamTarget.objects.filter(pk=self.pk).update(last_error="", **fields)
        self.refresh_from_db()

    def note(self, state: TargetState, *, at: datetime, error: str | None = None) -> None:
        """What its sender reports. `error`: a sentence without the address; None leaves the last one."""
        fields: dict[str, object] = {"state": state}
        if error is not None:
            fields |= {"last_error": error[:300], "failed_at": at if error else None}
        StreamTarget.objects.filter(pk=self.pk).update(**fields)
        for name, value in fields.items():
            setattr(self, name, value)

    # Properties

    @property
    def destination(self) -> str | None:
        """The whole address with its key; None where it cannot be decrypted."""
        try:
            address, key = self.address.decrypt(), self.key.decrypt() if self.key else ""
        except Unreadable:
            return None
        return f"{address.rstrip('/')}/{key}" if key else address
