"""The user who signs in: a curator or an admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower

from accounts.hooks import hooks
from lib.public_ids import new_public_id


class UserQuerySet(BaseUserManager["User"]):
    """Users are found by e-mail, whatever its capitals."""

    use_in_migrations = True

    # Factories

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new user; without a password they cannot sign in until they set one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        hooks.user_created(user)
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

    # Set on an admin whose token lacks the scope `admin`; never stored.
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
    def may_use_operator_keys(self) -> bool:
        """Whether their networks may spend on the keys of the environment, whoever made this request."""
        return bool(self.is_active and self.is_superuser) or self.may_use_house_keys
