"""Bearer tokens for the REST API and for sockets."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from lib.compiled_statements import CompiledGet
from lib.public_ids import new_public_id
from lib.scopes import Scope

from .user import User

USE_NOTED_EVERY = timedelta(hours=1)


def all_scopes() -> list[str]:
    return [scope.value for scope in Scope]


class ApiToken(models.Model):
    """A bearer token; only its SHA-256 is kept, so it can be shown once and never again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=all_scopes)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"{self.name or 'token'} of {self.user_id}"

    # Factories

    @classmethod
    def issue(
        cls,
        user: User,
        *,
        name: str = "",
        scopes: Iterable[str] = tuple(Scope),
        expires_at: datetime | None = None,
    ) -> tuple[ApiToken, str]:
        """A new token and its plain text, which is nowhere else."""
        plain = f"panic_{secrets.token_urlsafe(32)}"
        kept = [scope.value for scope in Scope if scope in set(scopes)]
        token = cls.objects.create(
            user=user, name=name, digest=digest(plain), scopes=kept, expires_at=expires_at
        )
        return token, plain

    # Queries

    @classmethod
    def from_text(cls, plain: str) -> ApiToken | None:
        """The valid token of this text with its user: not revoked, not expired, of an open account.
        Notes the use, to the hour."""
        try:
            token = _WITH_USER.get(digest(plain))
        except cls.DoesNotExist:
            return None
        if token.expired or not token.user.is_active:
            return None
        token.note_use(timezone.now())
        token.user.as_curator = not token.may(Scope.ADMIN)
        return token

    @classmethod
    def user_from_text(cls, plain: str) -> User | None:
        """The user of the token of this text, where it may read; else None."""
        token = cls.from_text(plain)
        return token.user if token is not None and token.may(Scope.READ) else None

    def may(self, scope: Scope) -> bool:
        return scope.value in self.scopes

    # Properties

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    # Mutators

    def note_use(self, at: datetime) -> None:
        """Written once an hour at most: asking must not cost a write each time."""
        if self.last_used_at is None or at - self.last_used_at > USE_NOTED_EVERY:
            ApiToken.objects.filter(pk=self.pk).update(last_used_at=at)


# Asked with each call of the API.
_WITH_USER: CompiledGet[ApiToken] = CompiledGet(
    lambda: ApiToken.objects.select_related("user"), by="digest"
)


def digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()
