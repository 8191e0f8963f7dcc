"""Who may work here: people are invited by a link, and get another one when they lose their password.

A link lets whoever has it set the password of one account, once, within a week
(`PASSWORD_RESET_TIMEOUT`). It is kept nowhere: Django's token is a digest of the account as it is, so
that a link is worth nothing any more when the password has been set or the account is closed.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse

from .models import User


class AlreadyHere(Exception):
    """Somebody with this address has an account."""


class OneselfNeeded(Exception):
    """Admins do not close their own account: somebody has to be left who can open it again."""


def invite(email: str, *, admin: bool) -> User:
    """An account without a password, to be opened with its link. Raises AlreadyHere."""
    create = User.objects.create_superuser if admin else User.objects.create_user
    try:
        with transaction.atomic():
            return create(email)
    except IntegrityError:
        raise AlreadyHere(email) from None


def address_of(request: HttpRequest, credentials: Mapping[str, str] | None) -> str:
    """Whose failures at signing in are counted together, whatever the capitals."""
    given = (credentials or {}).get("username") or request.POST.get("username", "")
    return given.strip().lower()[:254]


def link_path(user: User) -> str:
    """Where this person sets a password; the path without the host."""
    token = default_token_generator.make_token(user)
    return reverse("accounts:set_password", args=[user.public_id, token])


def close(user: User, *, by: User) -> None:
    """Shut somebody out at once: password, sessions, tokens and links open nothing any more.

    What they made stays. Raises OneselfNeeded.
    """
    if user == by:
        raise OneselfNeeded
    user.is_active = False
    user.save(update_fields=["is_active"])


def reopen(user: User) -> None:
    user.is_active = True
    user.save(update_fields=["is_active"])
