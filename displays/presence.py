"""Who and what is watching, over all web processes. What a dead one said is forgotten by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from invocations.above import Audience, Watched, WatchedPlace
from networks.models import Network

from .models import Display, Installation, Watch

Seen = Mapping[tuple[str, str], int]  # key of a feed, who -> how many


def tell(process: str, seen: Seen, *, at: datetime) -> None:
    """What this process has before it now; replaces what it said before."""
    rows = [
        Watch(process=process, key=key, who=who, count=count, seen_at=at)
        for (key, who), count in seen.items()
    ]
    with transaction.atomic():
        Watch.objects.filter(process=process).delete()
        Watch.objects.filter(seen_at__lt=at - Watch.BELIEVED).delete()
        Watch.objects.bulk_create(rows)


def counts(keys: Collection[str], *, at: datetime | None = None) -> dict[str, int]:
    """How many sockets follow each of these feeds."""
    fresh = Watch.objects.filter(key__in=keys, seen_at__gte=_oldest(at))
    return dict(fresh.values_list("key").annotate(Sum("count")))


def of_displays(displays: Iterable[Display]) -> dict[str, int]:
    return counts([display.feed_key for display in displays])


def of_network(network: Network, *, at: datetime | None = None) -> int:
    """Everybody before a page or a display of this network."""
    return of_networks([network], at=at)[network.pk]


def of_networks(networks: Iterable[Network], *, at: datetime | None = None) -> dict[int, int]:
    """The same for many, in two queries."""
    by_topic = {network.topic: network.pk for network in networks}
    found = dict.fromkeys(by_topic.values(), 0)
    fresh = Watch.objects.filter(seen_at__gte=_oldest(at))
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
    installations = list(network.installations.order_by("id").prefetch_related("displays"))
    for one in installations:
        for display in one.displays.all():
            display.installation = one
    keys = [display.feed_key for one in installations for display in one.displays.all()]
    here = Q(key__in=keys) | Q(key__startswith=f"{network.topic}:")  # displays and pages
    fresh = Watch.objects.filter(here, seen_at__gte=_oldest(None))
    seen = dict(fresh.values_list("key").annotate(Sum("count")))
    places = [
        WatchedPlace(
            one.name,
            tuple(
                Watched(display.name, display.get_absolute_url(), seen.get(display.feed_key, 0))
                for display in one.displays.all()
            ),
        )
        for one in installations
    ]
    return Audience(sum(seen.values()), tuple(places))


def watchers(installation: Installation) -> list[tuple[Display, str, int]]:
    """Each display with whoever is before it."""
    by_key = {display.feed_key: display for display in installation.displays.all()}
    fresh = Watch.objects.filter(key__in=by_key, seen_at__gte=_oldest(None))
    found = fresh.order_by("key", "who").values_list("key", "who").annotate(Sum("count"))
    return [(by_key[key], who, count) for key, who, count in found]


def watched_now(*, at: datetime) -> list[str]:
    """Public ids of the displays that somebody watches."""
    fresh = Watch.objects.filter(key__startswith="display:", seen_at__gte=_oldest(at))
    return sorted({key.partition(":")[2] for key in fresh.values_list("key", flat=True)})


def _oldest(at: datetime | None) -> datetime:
    return (at or timezone.now()) - Watch.BELIEVED
