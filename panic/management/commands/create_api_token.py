"""A bearer token for scripts, printed once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import ApiToken, AuditEntry, User
from panic.startup import TablesCommand


class Command(TablesCommand):
    help = "Create the user if need be and print a bearer token as the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--admin", action="store_true", help="make the user an admin too")

    @transaction.atomic
    def handle(self, *args: Any, email: str, admin: bool, **options: Any) -> None:
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email!r} is not an e-mail address.") from None
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            user = User.objects.create_user(email)
            self.stdout.write(f"Created {user}, who has no password yet.")
        if admin and not user.is_admin:
            user.is_staff = user.is_superuser = True
            user.save(update_fields=["is_staff", "is_superuser"])
            self.stdout.write(f"{user} is an admin now.")
        _, plain = ApiToken.issue(user, name="create_api_token")
        AuditEntry.record(None, "token.made", f"for {user} by create_api_token")
        self.stdout.write(plain)
