"""Demo networks, and an installation on one of them, for a fresh installation of the product."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from accounts.models import User
from displays.models import Installation
from networks import demo
from networks.models import Network
from panic.startup import TablesCommand

NAME = "The demo wall"


def seed_installation() -> Installation | None:
    """A grid for the whole ring and two screens that take turns, on the featured network, unless an
    installation of this name exists."""
    if Installation.objects.filter(name=NAME).exists():
        return None
    public = Network.objects.not_archived().filter(public=True)
    network = public.order_by("-featured", "-created_at", "-id").first()
    if network is None:
        return None
    with transaction.atomic():
        installation = Installation.objects.create(network=network, name=NAME)
        installation.add("grid", "grid", rows=2, columns=3)
        installation.add("left", "single", stride=2, offsets=[0], show_invoking=True)
        installation.add("right", "single", stride=2, offsets=[1], show_invoking=True)
    return installation


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
        if missing := demo.waiting(owner):
            names = ", ".join(one.name for one in missing)
            self.stdout.write(
                f"For {names}: run `make setup EXTRAS={missing[0].extra}`, then `make demo`."
            )
        installation = seed_installation()
        if installation is not None:
            first = installation.displays.first()
            address = first.get_absolute_url() if first else ""
            self.stdout.write(f"Made an installation; its first display is at {address}")
