"""Whom a key is lent to."""

from __future__ import annotations

from typing import ClassVar, cast

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from lib.public_ids import new_public_id


class LoanQuerySet(models.QuerySet["Loan"]):
    def lent_to(self, person: int) -> LoanQuerySet:
        """Lent to the address of this person, by somebody whose account is open."""
        people = get_user_model()._default_manager.filter(pk=person)
        addresses = people.annotate(address=Lower("email")).values("address")
        return self.filter(email__in=addresses, credential__owner__is_active=True)


class Loan(models.Model):
    """An e-mail address that a key is lent to: whoever has an account with it, now or later, may
    use the key. What was typed is kept, so that the list does not tell who has an account."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    credential = models.ForeignKey(
        "credentials.Credential", on_delete=models.CASCADE, related_name="loans"
    )
    email = models.EmailField(db_index=True)  # in lower case
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[LoanQuerySet] = cast("LoanQuerySet", LoanQuerySet.as_manager())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credential", "email"], name="lent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.credential_id} to {self.email}"
