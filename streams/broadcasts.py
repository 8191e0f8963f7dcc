"""What people do with the stream of a network, and how it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from accounts.models import AuditEntry, User
from invocations.states import InvocationState
from networks.models import Network
from networks.opening_words import closed_sentence
from studio.tiles import Tile, TileOptions, step_tile

from .models import Broadcast, QuarantinedItem, StreamTarget, StreamViewers
from .models.broadcast import BedKind, OutsideHours
from .states import StreamState
from .waking import wake_host

ARCHIVED = gettext_noop("This network is in the archive: take it out before it can be on air.")
SILENT_AFTER = timedelta(seconds=30)


class CannotGoOnAir(Exception):
    """A sentence that says why."""


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """How the stream of a network does at one moment."""

    network: Network
    broadcast: Broadcast
    viewers: int
    targets: list[StreamTarget]
    quarantined: int
    at: datetime

    @property
    def state(self) -> StreamState:
        """As it is written down; in trouble where nobody has held it for long, or nothing new comes; closed
        outside the hours where that was chosen."""
        if self.is_closed:
            return StreamState.CLOSED
        if self.broadcast.wanted and (self._nobody_holds_it or self._is_stuck):
            return StreamState.TROUBLE
        return StreamState(self.broadcast.state)

    @property
    def on_air(self) -> bool:
        """Whether there is something to be seen, or will be in a moment."""
        return self.broadcast.wanted and not self.is_closed

    @property
    def is_wanted(self) -> bool:
        """Whether somebody has put it on air, whatever the hour."""
        return self.broadcast.wanted

    @property
    def is_closed(self) -> bool:
        return self.broadcast.wanted and self.broadcast.is_closed(OutsideHours.OFF, self.at)

    @property
    def closed_words(self) -> str:
        """`Closed until 10:00.`; empty while it is open."""
        return closed_sentence(self.network.hours, self.at)

    @property
    def segment_age(self) -> float | None:
        """Seconds since the end of the newest segment; None before the first one."""
        if self.broadcast.segment_at is None or not self.on_air:
            return None
        return max(0.0, (self.at - self.broadcast.segment_at).total_seconds())

    @property
    def badge(self) -> str:
        """Its state as the colours of states know it."""
        kinds = {
            StreamState.STOPPED: "idle",
            StreamState.CLOSED: "idle",
            StreamState.TROUBLE: "failed",
        }
        return kinds.get(self.state, "running")

    @property
    def _is_stuck(self) -> bool:
        return timedelta(seconds=self.segment_age or 0.0) > SILENT_AFTER

    @property
    def _nobody_holds_it(self) -> bool:
        since = self.broadcast.since or self.at
        lease = self.broadcast.lease_until
        return self.at - since > SILENT_AFTER and (lease is None or lease < self.at)


def broadcast_of(network: Network) -> Broadcast:
    """Its row; one that is not saved where it has never been on air."""
    found = Broadcast.objects.filter(network=network).select_related("step", "film").first()
    made = found or Broadcast(network=network)
    made.network = network
    return made


def status_of(network: Network, *, at: datetime, with_targets: bool = False) -> StreamStatus:
    """`with_targets`: for those who may control it."""
    targets = list(network.stream_targets.by_name()) if with_targets else []
    quarantined = len(QuarantinedItem.keys_of(network)) if with_targets else 0
    viewers = StreamViewers.count_all(network.pk, at=at)
    return StreamStatus(network, broadcast_of(network), viewers, targets, quarantined, at)


def start(*, network: Network, by: User | None, at: datetime) -> Broadcast:
    """Put it on air; again is harmless. Raises CannotGoOnAir."""
    if network.archived:
        raise CannotGoOnAir(gettext(ARCHIVED))
    with transaction.atomic():
        broadcast, _ = Broadcast.objects.get_or_create(network=network)
        if broadcast.start(at):
            AuditEntry.record(by, "stream.started", network)
        transaction.on_commit(wake_host)
    return broadcast


def stop(*, network: Network, by: User | None, at: datetime) -> Broadcast:
    """Take it off air; again is harmless."""
    with transaction.atomic():
        broadcast = broadcast_of(network)
        if broadcast.pk and broadcast.stop(at):
            AuditEntry.record(by, "stream.stopped", network)
            transaction.on_commit(wake_host)
    return broadcast


def choose_bed(*, network: Network, bed: BedKind) -> None:
    """What is heard between the sounds of steps, from the next picture on."""
    with transaction.atomic():
        broadcast, _ = Broadcast.objects.get_or_create(network=network)
        broadcast.choose_bed(bed)
        transaction.on_commit(wake_host)


def choose_outside_hours(*, network: Network, choice: OutsideHours) -> None:
    """What happens while its installations are closed."""
    with transaction.atomic():
        broadcast, _ = Broadcast.objects.get_or_create(network=network)
        broadcast.choose_outside_hours(choice)
        transaction.on_commit(wake_host)


def shown_tile(broadcast: Broadcast) -> Tile | None:
    """The film or the step whose output is on, for those who read the stream instead of seeing it."""
    if broadcast.film is not None and broadcast.wanted:
        name = gettext("Film: %(title)s") % {"title": broadcast.film.title}
        return Tile("live-film", state=InvocationState.COMPLETED, name=name)
    if broadcast.step is None or not broadcast.wanted:
        return None
    return step_tile(
        broadcast.step, id="live-step", options=TileOptions(linked=False, priced=False)
    )
