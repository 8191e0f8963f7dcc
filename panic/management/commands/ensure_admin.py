"""The first admin, made once, so that a fresh installation has somebody who may press Resume."""

from __future__ import annotations

import json
import os
import secrets
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import User
from panic.startup import first_admin_file


class Command(BaseCommand):
    help = "Create the first admin with a random name and password, which `up` shows once. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if User.objects.filter(is_superuser=True).exists():
                return
            # A name that everybody knows is half of what strangers need to try passwords.
            email = f"admin-{secrets.token_hex(3)}@localhost"
            password = secrets.token_urlsafe(12)
            User.objects.create_superuser(email, password)
            _leave_for_up({"email": email, "password": password})
        self.stdout.write(
            "The first admin was created; `manage.py up` shows the name and the password once."
        )


def _leave_for_up(admin: dict[str, str]) -> None:
    path = first_admin_file()
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(admin, file)
