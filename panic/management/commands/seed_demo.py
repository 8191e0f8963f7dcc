"""Demo networks for a fresh installation, owned by the first admin."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from displays import demo as wall
from networks import demo
from panic.tables import TablesCommand


class Command(TablesCommand):
    help = "Make the demo networks that are missing. Safe to repeat; changes nothing that exists."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("ensure_admin", stdout=self.stdout)
        owner = User.objects.first_admin()
        if owner is None:
            raise CommandError("There is no active admin to own the demo networks.")
        made = demo.seed(owner)
        names = ", ".join(network.name for network in reversed(made))
        self.stdout.write(
            f"Made the demo networks {names}." if made else "The demo networks are there."
        )
        installation = wall.seed()
        if installation is not None:
            first = installation.displays.first()
            address = first.get_absolute_url() if first else ""
            self.stdout.write(f"Made an installation; its first display is at {address}")
