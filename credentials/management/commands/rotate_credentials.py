"""`manage.py rotate_credentials`: seal every stored key with a new one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from credentials import rotation


class Command(BaseCommand):
    help = (
        "Encrypt everything that is stored encrypted with a new key; safe to interrupt and repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotation.rotate()
        self.stdout.write(f"{done.encrypted} stored secrets are encrypted with the new key.")
        if settings.CREDENTIAL_KEYS:
            self.stdout.write("Only the first of CREDENTIAL_KEYS is needed from now on.")
        else:
            self.stdout.write("Keep a copy of `credential_keys`, apart from the database's.")
        if done.unreadable:
            raise SystemExit(
                f"{len(done.unreadable)} could not be decrypted: {', '.join(done.unreadable)}."
            )
