"""Who and what is watching, over all web processes. What a dead one said is forgotten by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from networks.models import Network
from studio.hooks import Audience, WatchedDisplay, WatchedInstallation

from .models import Display, Installation, ViewerCount

Seen = Mapping[tuple[str, str], int]  # key of a feed, who -> how many


def save(process: str, seen: Seen, *, at: datetime) -> None:
    """The sockets of this process by feed; replaces what it saved before."""
    rows = [
        ViewerCount(process=process, key=key, who=who, count=count, seen_at=at)
        for (key, who), count in seen.items()
    ]
    # Not in one transaction: two processes would wait for the rows that the other deletes.
    ViewerCount.objects.filter(seen_at__lt=at - ViewerCount.VALID_FOR).delete()
    with transaction.atomic():
        ViewerCount.objects.filter(process=process).delete()
        ViewerCount.objects.bulk_create(rows)


def count_by_key(keys: Collection[str], *, at: datetime | None = None) -> dict[str, int]:
    """How many sockets follow each of these feeds."""
    fresh = ViewerCount.objects.filter(key__in=keys, seen_at__gte=_oldest(at))
    return dict(fresh.values_list("key").annotate(Sum("count")))


def count_viewers_of_displays(displays: Iterable[Display]) -> dict[str, int]:
    return count_by_key([display.feed_key for display in displays])


def count_viewers(network: Network, *, at: datetime | None = None) -> int:
    """Everybody before a page or a display of this network."""
    return count_viewers_of_networks([network], at=at)[network.pk]


def count_viewers_of_networks(
    networks: Iterable[Network], *, at: datetime | None = None
) -> dict[int, int]:
    """The same for many, in two queries."""
    by_topic = {network.topic: network.pk for network in networks}
    found = dict.fromkeys(by_topic.values(), 0)
    fresh = ViewerCount.objects.filter(seen_at__gte=_oldest(at))
    seen = dict(fresh.values_list("key").annotate(Sum("count")))
    for key, count in seen.items():
        topic = ":".join(key.split(":", 2)[:2])  # the key of a page is its topic, and the view
        if topic in by_topic:
            found[by_topic[topic]] += count
    ids = [key.partition(":")[2] for key in seen if key.startswith("display:")]
    shown = Display.objects.filter(public_id__in=ids, installation__network__in=found)
    for display, pk in shown.values_list("public_id", "installation__network"):
        found[pk] += seen[f"display:{display}"]
    return found


def audience(network: Network) -> Audience:
    """Everybody, and before which display of which installation."""
    installations = _installations_with_displays(network)
    keys = [display.feed_key for displays in installations.values() for display in displays]
    here = Q(key__in=keys) | Q(key__startswith=f"{network.topic}:")  # displays and pages
    fresh = ViewerCount.objects.filter(here, seen_at__gte=_oldest(None))
    seen = dict(fresh.values_list("key").annotate(Sum("count")))
    watched = [
        WatchedInstallation(
            installation.name,
            tuple(
                WatchedDisplay(one.name, one.get_absolute_url(), seen.get(one.feed_key, 0))
                for one in displays
            ),
        )
        for installation, displays in installations.items()
    ]
    return Audience(sum(seen.values()), tuple(watched))


def _installations_with_displays(network: Network) -> dict[Installation, list[Display]]:
    """Those without displays too, in one query."""
    found: dict[Installation, list[Display]] = {}
    names = ("pk", "public_id", "name", "displays__public_id", "displays__name")
    rows = network.installations.order_by("id", "displays__position", "displays__pk")
    for pk, public_id, name, display_id, display_name in rows.values_list(*names):
        installation = Installation(pk=pk, public_id=public_id, name=name, network=network)
        displays = found.setdefault(installation, [])
        if display_id is not None:
            displays.append(
                Display(public_id=display_id, name=display_name, installation=installation)
            )
    return found


def watchers(installation: Installation) -> list[tuple[Display, str, int]]:
    """Each display with whoever is before it."""
    by_key = {display.feed_key: display for display in installation.displays.all()}
    fresh = ViewerCount.objects.filter(key__in=by_key, seen_at__gte=_oldest(None))
    found = fresh.order_by("key", "who").values_list("key", "who").annotate(Sum("count"))
    return [(by_key[key], who, count) for key, who, count in found]


def watched_now(*, at: datetime) -> list[str]:
    """Public ids of the displays that somebody watches."""
    fresh = ViewerCount.objects.filter(key__startswith="display:", seen_at__gte=_oldest(at))
    return sorted({key.partition(":")[2] for key in fresh.values_list("key", flat=True)})


def _oldest(at: datetime | None) -> datetime:
    return (at or timezone.now()) - ViewerCount.VALID_FOR
