"""Keys to platforms that people store: encrypted, recognised by a fingerprint, shown by their ending."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import models
from django.utils import timezone

from lib.encryption import EncryptedSecret, EncryptedTextField, Unreadable, encryption_transaction
from lib.public_ids import new_public_id

from .key import Key, new_fingerprint
from .loan import Loan

ENDING_LENGTH = (
    4  # characters that are shown, of keys that are long enough not to be guessed from them
)
MIN_LENGTH_SHOWN = 16


class CredentialQuerySet(models.QuerySet["Credential"]):
    def usable_by(self, person: int) -> CredentialQuerySet:
        """Their own, and those that are lent to them."""
        return self.filter(models.Q(owner=person) | models.Q(pk__in=_lent_to(person)))

    def lent_to(self, person: int) -> CredentialQuerySet:
        return self.filter(pk__in=_lent_to(person)).exclude(owner=person)

    def newest_first(self) -> CredentialQuerySet:
        return self.order_by("-created_at", "-id")


class Credential(Key):
    """A person's key to a platform. Its owner may lend it, for use only: it is never shown."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="credentials"
    )
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=100)
    secret = EncryptedTextField()
    ending = models.CharField(max_length=ENDING_LENGTH, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    replaced_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[CredentialQuerySet] = cast(
        "CredentialQuerySet", CredentialQuerySet.as_manager()
    )

    class Meta:
        indexes = [models.Index(fields=["owner", "platform"], name="credential_of_owner")]

    def __str__(self) -> str:
        return f"{self.name} ({self.platform})"

    # Factories

    @classmethod
    def store(cls, *, owner: Any, platform: str, name: str, plain: str) -> Credential:
        """A new key, encrypted before it is written."""
        with encryption_transaction():
            return cls.objects.create(
                owner=owner,
                platform=platform,
                name=name,
                secret=EncryptedSecret.encrypt(plain),
                ending=ending_of(plain),
            )

    # Mutators

    def replace(self, plain: str, *, at: datetime) -> None:
        """Another key under the same name. What was known of the old one is reset."""
        with encryption_transaction():
            fields: dict[str, object] = {
                "secret": EncryptedSecret.encrypt(plain),
                "ending": ending_of(plain),
                "fingerprint": new_fingerprint(),
                "replaced_at": at,
                "last_used_at": None,
                "tested_at": None,
                "passed": None,
                "verdict": "",
                "refused_at": None,
                "refusal": "",
            }
            Credential.objects.filter(pk=self.pk).update(**fields)
        for name, value in fields.items():
            setattr(self, name, value)

    def rename(self, name: str) -> None:
        self.name = name
        self.save(update_fields=["name"])

    # Properties

    @property
    def readable(self) -> bool:
        try:
            self.secret.decrypt()
        except Unreadable:
            return False
        return True


def _lent_to(person: int) -> models.QuerySet[Loan, int]:
    return Loan.objects.lent_to(person).values_list("credential", flat=True)


def ending_of(plain: str) -> str:
    """The last characters, by which its owner recognises a key; empty for a short one."""
    return plain[-ENDING_LENGTH:] if len(plain) >= MIN_LENGTH_SHOWN else ""
