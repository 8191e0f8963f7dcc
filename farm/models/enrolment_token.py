"""What a machine is enrolled with: a short text that a person copies, good once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from accounts.models import User
from accounts.models.api_token import digest
from lib.public_ids import ALPHABET

LIFETIME = timedelta(hours=24)
PUBLIC_ID_LENGTH = 20
_GROUPS, _GROUP_LENGTH = 4, 4  # 80 random bits


class EnrolmentToken(models.Model):
    """Only its SHA-256 is kept; it is shown once."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    serves_tag = models.CharField(
        max_length=40, blank=True
    )  # of its worker: networks with this tag
    serves_person = models.ForeignKey(  # networks of this person; neither: it is public
        User, null=True, on_delete=models.CASCADE, related_name="+"
    )
    used_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"enrolment token {self.pk}"

    # Factories

    @classmethod
    def issue(
        cls, person: User, *, at: datetime, serves_tag: str = "", serves_person: User | None = None
    ) -> tuple[EnrolmentToken, str]:
        """A new token and its plain text, which is nowhere else. Old ones are removed."""
        cls.objects.filter(expires_at__lt=at - LIFETIME).delete()
        plain = "-".join(
            "".join(secrets.choice(ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
        ).upper()
        token = cls.objects.create(
            digest=digest(plain),
            created_by=person,
            created_at=at,
            expires_at=at + LIFETIME,
            serves_tag=serves_tag,
            serves_person=serves_person,
        )
        return token, plain

    # Queries

    @classmethod
    def waiting(cls, at: datetime) -> models.QuerySet[EnrolmentToken]:
        """Those that are good and that no machine has used yet, with who made them and whom they serve; the newest
        first."""
        good = cls.objects.filter(used_at__isnull=True, expires_at__gt=at)
        return good.select_related("created_by", "serves_person").order_by("-id")

    # Mutators

    def revoke(self) -> bool:
        """It is good for nothing any more; False where a machine was faster."""
        return bool(EnrolmentToken.objects.filter(pk=self.pk, used_at__isnull=True).delete()[0])

    @classmethod
    def use(cls, plain: str, *, at: datetime) -> EnrolmentToken | None:
        """The token where it was good; it is not any more."""
        rows = cls.objects.filter(digest=digest(plain.strip().upper()))
        valid = rows.filter(used_at__isnull=True, expires_at__gt=at)
        return rows.first() if valid.update(used_at=at) else None

    # Properties

    @property
    def public_id(self) -> str:
        """Names it to admins: the beginning of its digest, from which nobody learns its text."""
        return self.digest[:PUBLIC_ID_LENGTH]
