"""The audit log."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit_actions import ACTIONS

from .user import User


class AuditEntry(models.Model):
    """Who did what, for admins to read: changes of permissions, and what cannot be undone.

    Written by `record` in the transaction of the action. Kept for a year and a month.
    """

    MAX_AGE = timedelta(days=400)

    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    who = models.CharField(max_length=254, blank=True)  # outlives the account
    action = models.CharField(max_length=40)
    about = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.who} {self.action} {self.about}"

    # Factories

    @classmethod
    def record(cls, actor: User | None, action: str, about: object = "") -> AuditEntry:
        """`action` is one of accounts/audit_actions.py; docs/operations.md lists them too. `about`
        is shown as it was recorded: no part of it is translated."""
        return cls.objects.create(
            actor=actor, who=actor.email if actor else "", action=action, about=str(about)[:300]
        )

    # Properties

    @property
    def words(self) -> str:
        """The action in words: "person signed in" for `person.signed_in`."""
        known = ACTIONS.get(self.action)
        return gettext(known) if known else self.action.replace(".", " ").replace("_", " ")

    # Queries

    @classmethod
    def prune(cls, at: datetime) -> int:
        """Forget what is older than anybody asks for; how many entries."""
        return cls.objects.filter(at__lt=at - cls.MAX_AGE).delete()[0]
