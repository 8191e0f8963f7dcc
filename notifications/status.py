"""How channels are: what became of the last message, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .models import Channel, Delivery, DeliveryState
from .models.channel import OWN_EMAIL, ChannelQuerySet


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """`last`: its last delivery, begun or ended."""

    channel: Channel
    last: Delivery | None
    waiting: int
    tests_waiting: int
    at: datetime

    @property
    def code(self) -> str:
        """off, new, waiting, sending, sent, failed, failing (for a day and more) or uncertain."""
        if not self.channel.enabled:
            return "off"
        if self.channel.is_failing_long(self.at):
            return "failing"
        if self.last is None:
            return "waiting" if self.waiting else "new"
        if self.last.state in (DeliveryState.CLAIMED, DeliveryState.SENDING):
            return "sending"
        return str(self.last.state)

    @property
    def words(self) -> str:
        return {
            "off": _("switched off"),
            "new": _("nothing sent yet"),
            "waiting": _("about to be sent"),
            "sending": _("being sent"),
            "sent": pgettext("a message", "sent"),
            "failed": pgettext("a message", "failed"),
            "failing": _("has failed for more than a day"),
            "uncertain": _("may not have arrived"),
        }[self.code]

    @property
    def badge(self) -> str:
        """As the states of runs are coloured."""
        bad = {"failed": "failed", "failing": "failed", "uncertain": "paused", "off": "stopped"}
        return bad.get(self.code, "completed" if self.code == "sent" else "ready")

    @property
    def service_name(self) -> str:
        return service_name(self.channel)

    @property
    def busy(self) -> bool:
        """Whether a test or a message will be there, or not, in a moment."""
        return self.code == "sending" or self.tests_waiting > 0


def service_name(channel: Channel) -> str:
    if channel.service == OWN_EMAIL:
        return _("E-mail to %(address)s") % {"address": channel.owner.email}
    return channel.service


def statuses_of(channels: ChannelQuerySet) -> list[ChannelStatus]:
    """In their order, in two queries."""
    newest = Delivery.objects.filter(channel=OuterRef("pk")).newest_first()
    waiting = Q(notifications__delivery__isnull=True, notifications__isnull=False)
    rows = list(
        channels.select_related("owner").annotate(
            last_delivery=Subquery(newest.values("pk")[:1]),
            waiting=Count("notifications", filter=waiting),
            tests_waiting=Count(
                "notifications", filter=waiting & Q(notifications__occasion="test")
            ),
        )
    )
    newest_of = {row.pk: getattr(row, "last_delivery", None) for row in rows}
    last = Delivery.objects.in_bulk([pk for pk in newest_of.values() if pk])
    at = timezone.now()
    return [
        ChannelStatus(
            row,
            last.get(newest_of[row.pk]),
            waiting=getattr(row, "waiting", 0),
            tests_waiting=getattr(row, "tests_waiting", 0),
            at=at,
        )
        for row in rows
    ]


def status_of(channel: Channel) -> ChannelStatus:
    return statuses_of(Channel.objects.filter(pk=channel.pk))[0]


def latest_deliveries(channel: Channel, *, most: int = 10) -> Sequence[Delivery]:
    return list(channel.deliveries.newest_first()[:most])
