"""The person who signs in, and the tokens that speak for them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from .public_ids import new_public_id

USE_NOTED_EVERY = timedelta(hours=1)


class UserQuerySet(BaseUserManager["User"]):
    """Users are found by e-mail, whatever its capitals."""

    use_in_migrations = True

    # Factories

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new person; without a password they cannot sign in until they set one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(
            email, password, **{"is_staff": True, "is_superuser": True, **fields}
        )

    # Queries

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username or "")

    def first_admin(self) -> User | None:
        return self.filter(is_superuser=True, is_active=True).order_by("id").first()


class User(AbstractUser):
    """A curator, or an admin (`is_superuser`)."""

    username = None  # type: ignore[assignment]
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    email = models.EmailField("e-mail", unique=True)
    may_use_house_keys = models.BooleanField(
        default=False,
        help_text="Networks of this curator may spend on the keys of the environment.",
    )
    budgets = models.JSONField(
        default=dict,
        blank=True,
        help_text="usd_per_day and calls_per_hour over all networks of this curator.",
    )

    objects: ClassVar[UserQuerySet] = UserQuerySet()  # type: ignore[assignment]

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.email

    # Properties

    @property
    def is_admin(self) -> bool:
        return bool(self.is_active and self.is_superuser)


class ApiToken(models.Model):
    """A bearer token; only its SHA-256 is kept, so it can be shown once and never again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"{self.name or 'token'} of {self.user_id}"

    # Factories

    @classmethod
    def issue(cls, user: User, *, name: str = "") -> tuple[ApiToken, str]:
        """A new token and its plain text, which is nowhere else."""
        plain = f"panic_{secrets.token_urlsafe(32)}"
        return cls.objects.create(user=user, name=name, digest=digest(plain)), plain

    # Queries

    @classmethod
    def user_of(cls, plain: str) -> User | None:
        """The active user this text speaks for, or None. Notes the use, to the hour."""
        token = (
            cls.objects.select_related("user")
            .filter(digest=digest(plain), user__is_active=True)
            .first()
        )
        if token is None:
            return None
        token.note_use(timezone.now())
        return token.user

    # Mutators

    def note_use(self, at: datetime) -> None:
        """Written once an hour at most: asking must not cost a write each time."""
        if self.last_used_at is None or at - self.last_used_at > USE_NOTED_EVERY:
            ApiToken.objects.filter(pk=self.pk).update(last_used_at=at)


def digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()
