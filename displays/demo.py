"""The demo installation: a grid for the whole ring and two screens that take turns."""

from __future__ import annotations

from django.db import transaction

from networks.models import Network

from .models import Installation

NAME = "The demo wall"


def seed() -> Installation | None:
    """Hang it on the featured network, where no installation of this name is anywhere yet."""
    if Installation.objects.filter(name=NAME).exists():
        return None
    public = (
        Network.objects.listed().filter(public=True).order_by("-featured", "-created_at", "-id")
    )
    network = public.first()
    if network is None:
        return None
    with transaction.atomic():
        installation = Installation.objects.create(network=network, name=NAME)
        installation.add("grid", "grid", rows=2, columns=3)
        installation.add("left", "single", stride=2, offsets=[0], show_invoking=True)
        installation.add("right", "single", stride=2, offsets=[1], show_invoking=True)
    return installation
