"""Members: they are invited by a link, and get another one when they lose their password.

A link lets whoever has it set the password of one account, once, within a week
(`PASSWORD_RESET_TIMEOUT`). It is kept nowhere: Django's token is a digest of the account as it is, so
that a link is worth nothing any more when the password has been set or the account is closed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from .models import AuditEntry, User


class AlreadyMember(Exception):
    """Somebody with this address has an account."""


class OwnAccount(Exception):
    """Admins do not close their own account: somebody has to be left who can open it again."""


class LastAdmin(Exception):
    """Nobody else could let anybody in, or lift a stop of everything."""

    def __init__(self) -> None:
        super().__init__(gettext("This is the last admin; make somebody else one first."))


def invite(email: str, *, admin: bool, by: User | None = None) -> User:
    """An account without a password, to be opened with its link. Raises AlreadyMember."""
    create = User.objects.create_superuser if admin else User.objects.create_user
    try:
        with transaction.atomic():
            member = create(email)
            AuditEntry.record(by, "person.invited", f"{member}{' as an admin' if admin else ''}")
            return member
    except IntegrityError:
        raise AlreadyMember(email) from None


def sign_in_address(request: HttpRequest, credentials: Mapping[str, str] | None) -> str:
    """Whose failures at signing in are counted together, however the address is spelled."""
    given = (credentials or {}).get("username") or request.POST.get("username", "")
    return normalized_address(given)


def normalized_address(given: str) -> str:
    """Equal for all spellings that may sign in to one account: Django's form takes wide letters for
    plain ones (NFKC), and databases compare without capitals, Postgres by making them all capital."""
    return unicodedata.normalize("NFKC", given.strip()).upper().lower()[:254]


def link_path(user: User) -> str:
    """Where this user sets a password; the path without the host."""
    token = default_token_generator.make_token(user)
    return reverse("accounts:set_password", args=[user.public_id, token])


def close(user: User, *, by: User) -> None:
    """Close an account at once: password, sessions, tokens and links are invalid from now on.

    What they made stays. Raises OwnAccount, LastAdmin.
    """
    if user == by:
        raise OwnAccount
    with transaction.atomic():
        check_not_last_admin(user)
        user.is_active = False
        user.save(update_fields=["is_active"])
        AuditEntry.record(by, "person.shut_out", user)


def reopen(user: User, *, by: User) -> None:
    with transaction.atomic():
        user.is_active = True
        user.save(update_fields=["is_active"])
        AuditEntry.record(by, "person.let_in", user)


def change_role(user: User, *, admin: bool, by: User) -> None:
    """Make somebody an admin, or a curator. Raises LastAdmin."""
    with transaction.atomic():
        if not admin:
            check_not_last_admin(user)
        user.is_staff = user.is_superuser = admin
        user.save(update_fields=["is_staff", "is_superuser"])
        AuditEntry.record(by, "role.changed", f"{user} is {'an admin' if admin else 'a curator'}")


def check_not_last_admin(user: User) -> None:
    """Raises LastAdmin where nobody would be left; inside the transaction that takes one away.

    The others are held, so that two admins cannot demote each other at the same moment.
    """
    admins = list(User.objects.admins().select_for_update().order_by("pk"))
    if user in admins and len(admins) == 1:
        raise LastAdmin
