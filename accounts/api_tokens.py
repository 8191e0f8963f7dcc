"""A user's API tokens: made and revoked, both in the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from .models import ApiToken, AuditEntry, User


def make(
    user: User, *, name: str, scopes: Iterable[str], expires_at: datetime | None
) -> tuple[ApiToken, str]:
    """The token and its text, which is kept nowhere."""
    with transaction.atomic():
        token, plain = ApiToken.issue(user, name=name, scopes=scopes, expires_at=expires_at)
        AuditEntry.record(user, "token.made", f"{name}: {', '.join(token.scopes)}")
    return token, plain


def revoke(token: ApiToken, *, by: User) -> None:
    """It opens nothing from this moment on."""
    with transaction.atomic():
        AuditEntry.record(by, "token.revoked", token.name or "Unnamed")
        token.delete()
