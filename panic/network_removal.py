"""What networks ask of the apps above them (`networks/hooks.py`): what belongs to one is counted, archived and
deleted with it."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Sum
from django.utils import timezone

from accounts.models import User
from assets.models import Asset
from displays.models import Display
from invocations import removal
from invocations.models import Invocation, Run
from networks.hooks import UsageSummary
from networks.models import Network

MAX_STEPS_COUNTED = 20_000  # their media are counted


def running_among(keys: Collection[int]) -> Collection[int]:
    return set(Run.objects.live().filter(network__in=keys).values_list("network_id", flat=True))


def summarize(network: Network) -> UsageSummary:
    """With what is on its private copies, which go with it."""
    networks = [network, *_copies(network)]
    made = Invocation.objects.filter(network__in=networks)
    steps, newest = made.count(), made.order_by("-id")
    kept = newest.values("output_asset")[:MAX_STEPS_COUNTED]
    media = Asset.objects.filter(pk__in=kept).aggregate(many=Count("pk"), bytes=Sum("bytes"))
    return UsageSummary(
        runs=Run.objects.filter(network__in=networks).count(),
        steps=steps,
        media=media["many"],
        media_bytes=media["bytes"] or 0,
        media_counted=steps <= MAX_STEPS_COUNTED,
        installations=network.installations.count(),
        displays=Display.objects.filter(installation__network=network).count(),
        terminal_tokens=network.terminal_tokens.filter(expires_at__gt=timezone.now()).count(),
        shares=network.shares.count(),
        running=Run.objects.live().filter(network__in=networks).exists(),
    )


def _copies(network: Network) -> list[Network]:
    """On which the observatory runs twins, variants and redraws."""
    return list(Network.objects.filter(companion_of__network=network))


def delete(network: Network, by: User | None) -> None:
    """After its private copies, which nobody needs without it."""
    for copy in _copies(network):
        delete(copy, by)
    removal.delete_network(network=network, at=timezone.now(), by=by)


def archive(network: Network, by: User | None) -> None:
    removal.archive_network(network=network, at=timezone.now(), by=by)
