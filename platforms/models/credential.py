"""Keys to platforms: people's own, sealed, and what is known of the house's.

Nothing here tells a secret: a key is recognised by its `mark`, a random word that it loses when it
is replaced, and shown by its last characters.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from platforms.sealing import EncryptedTextField, Secret, Unreadable, sealing_holds

ENDING = 4  # characters that are shown, of keys that are long enough not to be guessed from them
SHOWN_FROM = 16
USE_NOTED_EVERY = timedelta(minutes=1)
TRIED_AFTER, TRIED_WITHIN = timedelta(minutes=10), timedelta(days=1)


def new_public_id() -> str:
    return secrets.token_hex(10)


def new_mark() -> str:
    return secrets.token_hex(6)


class Key(models.Model):
    """What is known of a key: how it did when it was tried."""

    platform = models.CharField(max_length=40)
    mark = models.CharField(max_length=12, unique=True, default=new_mark, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)
    passed = models.BooleanField(null=True, editable=False)
    verdict = models.TextField(blank=True, editable=False)  # of the test, in a sentence
    refused_at = models.DateTimeField(null=True, editable=False)
    refusal = models.TextField(blank=True, editable=False)  # what the provider said, in a sentence

    class Meta:
        abstract = True

    # Mutators: each only while it is still this very key

    def note_use(self, at: datetime) -> None:
        """Written once a minute at most: a call must not cost a write each time."""
        if self.last_used_at is None or at - self.last_used_at > USE_NOTED_EVERY:
            self._note(last_used_at=at)

    def note_test(self, verdict: str, *, passed: bool | None, refused: bool, at: datetime) -> None:
        """What the platform said to it. A good answer also clears what it was refused for."""
        fields: dict[str, object] = {"tested_at": at, "passed": passed, "verdict": verdict}
        if passed:
            fields |= {"refused_at": None, "refusal": ""}
        elif refused:
            fields |= {"refused_at": self.refused_at or at, "refusal": verdict}
        self._note(**fields)

    def note_refusal(self, sentence: str, *, at: datetime) -> None:
        """The platform does not take it: nothing is started with it until it is put right."""
        self._note(refused_at=at, refusal=sentence)

    def take_trial(self, at: datetime) -> bool:
        """Whether it is for the caller to try it again by itself; only one of many is told so."""
        if not self.is_to_be_tried(at):
            return False
        same = type(self)._default_manager.filter(pk=self.pk, mark=self.mark)
        return bool(same.filter(tested_at=self.tested_at).update(tested_at=at))

    def _note(self, **fields: object) -> None:
        type(self)._default_manager.filter(pk=self.pk, mark=self.mark).update(**fields)
        for name, value in fields.items():
            setattr(self, name, value)

    # Properties

    @property
    def refused(self) -> bool:
        return self.refused_at is not None

    def is_to_be_tried(self, at: datetime) -> bool:
        """Providers refuse good keys now and then: a refused one is tried again by itself, after ten
        minutes, then after as long as it has been refused, but once a day."""
        if self.refused_at is None:
            return False
        last = max(self.refused_at, self.tested_at or self.refused_at)
        wait = min(max(last - self.refused_at, TRIED_AFTER), TRIED_WITHIN)
        return at - last >= wait or last > at + TRIED_WITHIN  # or the clock was set back


class CredentialQuerySet(models.QuerySet["Credential"]):
    def usable_by(self, person: int) -> CredentialQuerySet:
        """One's own, and those that somebody who is still here lends one."""
        return self.filter(models.Q(owner=person) | models.Q(pk__in=_lent_to([person])))

    def lent_to(self, person: int) -> CredentialQuerySet:
        return self.filter(pk__in=_lent_to([person])).exclude(owner=person)

    def newest_first(self) -> CredentialQuerySet:
        return self.order_by("-created_at", "-id")


def _lent_to(people: Iterable[int]) -> models.QuerySet[Loan, int]:
    """The keys of what is lent to the addresses of these people, by somebody who is still here."""
    addresses = get_user_model()._default_manager.filter(pk__in=people)
    written = addresses.annotate(written=Lower("email")).values("written")
    loans = Loan.objects.filter(email__in=written, credential__owner__is_active=True)
    return loans.values_list("credential", flat=True)


class Credential(Key):
    """A person's key to a platform. Its owner may lend it: to be used, and not to be seen."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="credentials"
    )
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=100)
    secret = EncryptedTextField()
    ending = models.CharField(max_length=ENDING, blank=True, editable=False)
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
        """A new key, sealed before it goes anywhere."""
        with sealing_holds():
            return cls.objects.create(
                owner=owner,
                platform=platform,
                name=name,
                secret=Secret.seal(plain),
                ending=ending_of(plain),
            )

    # Mutators

    def replace(self, plain: str, *, at: datetime) -> None:
        """Another key under the same name. What was known of the old one says nothing of it."""
        with sealing_holds():
            fields: dict[str, object] = {
                "secret": Secret.seal(plain),
                "ending": ending_of(plain),
                "mark": new_mark(),
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
            self.secret.reveal()
        except Unreadable:
            return False
        return True


class Loan(models.Model):
    """An address that a key is lent to: whoever has it now, or gets an account with it later, may
    use the key. The list shows what was typed, so that nobody learns from it who exists."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="loans")
    email = models.EmailField(db_index=True)  # in small letters
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credential", "email"], name="lent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.credential_id} to {self.email}"


class HouseKey(Key):
    """What is known of a key of the environment; the key itself is nowhere in the database."""

    def __str__(self) -> str:
        return f"the house's key ({self.platform})"

    # Mutators

    def _note(self, **fields: object) -> None:
        """Its row is made when there is something to say of it for the first time."""
        known = {"platform": self.platform, **fields}
        HouseKey.objects.update_or_create(mark=self.mark, defaults=known)
        for name, value in fields.items():
            setattr(self, name, value)


def ending_of(plain: str) -> str:
    """The last characters, by which its owner knows a key again; none of a short one."""
    return plain[-ENDING:] if len(plain) >= SHOWN_FROM else ""
