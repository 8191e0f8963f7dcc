"""What has happened is put down here, in the same transaction, for every channel that is to hear of it.

Higher apps call one of these where the state changes: what is rolled back is never told, and what is
committed is, whatever dies then. `facts` are what `notifications.texts` makes a sentence of, and `page`, a route and its
argument, the page about it: its address is made when it is told, as knowing addresses takes all pages to be loaded,
which no transaction of a worker is to wait for; equal `subject`s of an occasion become one line of a digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from accounts.models import User
from networks.models import Network

from .models import Channel, Notification
from .occasions import Occasion

Facts = Mapping[str, str | int | float | None]
MAX_SUBJECT = 120
MAX_FACT = 500  # characters


def page(route: str, of: str) -> Facts:
    """The facts that lead to a page about it."""
    return {"page": route, "page_of": of}


def tell_about_network(
    network: Network, occasion: Occasion, *, subject: str, facts: Facts, at: datetime
) -> None:
    """Its owner, those who help with it, and admins who hear of everything."""
    channels = Channel.objects.listening(occasion).about_network(network)
    _put(channels.values_list("pk", flat=True), occasion, subject, facts, at)


def tell_person(
    person: User, occasion: Occasion, *, subject: str, facts: Facts, at: datetime
) -> None:
    """Whoever it belongs to, and admins who hear of everything."""
    channels = Channel.objects.listening(occasion).of_person_or_admins(person)
    _put(channels.values_list("pk", flat=True), occasion, subject, facts, at)


def tell_users_of_platform(
    platform: str, occasion: Occasion, *, facts: Facts, at: datetime, model: str | None = None
) -> None:
    """Those with a network whose ring asks the platform, or this model of it, and admins who hear of
    everything."""
    wanted = f'"{model}"' if model else f'"{platform}:'
    channels = [
        channel.pk
        for channel in Channel.objects.listening(occasion).select_related("owner")
        if (channel.everything and channel.owner.is_superuser)
        or Network.objects.curated_by(channel.owner).filter(slots__icontains=wanted).exists()
    ]
    _put(channels, occasion, model or platform, facts, at)


def tell_admins(occasion: Occasion, *, subject: str, facts: Facts, at: datetime) -> None:
    channels = Channel.objects.listening(occasion).of_admins()
    _put(channels.values_list("pk", flat=True), occasion, subject, facts, at)


def _put(
    channels: Iterable[int], occasion: Occasion, subject: str, facts: Facts, at: datetime
) -> None:
    kept = {
        name: value[:MAX_FACT] if isinstance(value, str) else value for name, value in facts.items()
    }
    rows = [
        Notification(
            channel_id=pk,
            occasion=occasion,
            subject=subject[:MAX_SUBJECT],
            facts=kept,
            created_at=at,
        )
        for pk in channels
    ]
    if rows:
        Notification.objects.bulk_create(rows)
