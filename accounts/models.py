"""The person who signs in, the tokens that speak for them, and the log of who did what."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from .above import above
from .public_ids import new_public_id
from .scopes import Scope

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
        above.joined(user)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(
            email, password, **{"is_staff": True, "is_superuser": True, **fields}
        )

    # Queries

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username or "")

    def first_admin(self) -> User | None:
        return self.admins().order_by("id").first()

    def admins(self) -> models.QuerySet[User]:
        return self.filter(is_superuser=True, is_active=True)


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

    # Set on those who come with a token that is not to speak for an admin; never stored.
    as_curator: bool = False

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.email

    # Properties

    @property
    def is_admin(self) -> bool:
        return bool(self.is_active and self.is_superuser and not self.as_curator)

    @property
    def on_house_keys(self) -> bool:
        """Whether their networks may spend on the keys of the environment, whoever speaks here."""
        return bool(self.is_active and self.is_superuser) or self.may_use_house_keys


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
    def of_text(cls, plain: str) -> ApiToken | None:
        """The token of this text, with the person it speaks for, while it opens anything: not
        revoked, not expired, of an open account. Notes the use, to the hour."""
        now = timezone.now()
        lasting = models.Q(expires_at=None) | models.Q(expires_at__gt=now)
        found = cls.objects.select_related("user").filter(lasting, digest=digest(plain))
        token = found.filter(user__is_active=True).first()
        if token is None:
            return None
        token.note_use(now)
        token.user.as_curator = not token.may(Scope.ADMIN)
        return token

    @classmethod
    def user_of(cls, plain: str) -> User | None:
        """Whom this text speaks for where somebody only looks, or None."""
        token = cls.of_text(plain)
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


class AuditEntry(models.Model):
    """Who did what, for admins to read: what changes who may do what, and what cannot be undone.

    Written by `record` in the transaction of the deed. Kept for a year and a month.
    """

    KEPT = timedelta(days=400)

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
        """`action` is noun.past_participle; docs/operations.md lists them."""
        return cls.objects.create(
            actor=actor, who=actor.email if actor else "", action=action, about=str(about)[:300]
        )

    # Properties

    @property
    def words(self) -> str:
        """The action in words: "person signed in" for `person.signed_in`."""
        return self.action.replace(".", " ").replace("_", " ")

    # Queries

    @classmethod
    def prune(cls, at: datetime) -> int:
        """Forget what is older than anybody asks for; how many entries."""
        return cls.objects.filter(at__lt=at - cls.KEPT).delete()[0]


def digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()
