"""A way back in for whoever has lost the password, from the machine itself."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import members
from accounts.models import User


class Command(BaseCommand):
    help = "Print a link with which this person sets a new password, once, within a week."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no open account {email}.")
        base = settings.PUBLIC_URL or f"http://localhost:{settings.PORT}"
        self.stdout.write(f"{base}{members.link_path(user)}")
