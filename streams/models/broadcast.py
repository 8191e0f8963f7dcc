"""A broadcast: the stream of one network, whether it is wanted, and how its encoder does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, cast

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from networks.models import Network
from streams.states import StreamState, sources

LEASE = timedelta(seconds=20)


class BedKind(models.TextChoices):
    """What is heard between and beneath the sounds of steps."""

    SILENCE = "silence", _("silence")
    RUN = "run", _("the run's newest sound")
    FOLDER = "folder", _("music of the folder")


class OutsideHours(models.TextChoices):
    """What happens while the installations of the network are closed."""

    ON = "on", _("it goes on as ever")
    SLATE = "slate", _("a slate says when it opens")
    OFF = "off", _("it is off air")


class BroadcastQuerySet(models.QuerySet["Broadcast"]):
    def wanted_ones(self) -> BroadcastQuerySet:
        """Those to be on air: switched on, of networks that are not in the archive."""
        return self.filter(wanted=True, network__archived_at__isnull=True)

    def free_for(self, holder: str, at: datetime) -> BroadcastQuerySet:
        """Those that this host holds already, or nobody does."""
        lapsed = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
        return self.filter(lapsed | Q(holder=holder) | Q(lease_until__gt=at + 2 * LEASE))


class Broadcast(models.Model):
    network = models.OneToOneField(Network, on_delete=models.CASCADE, related_name="broadcast")
    wanted = models.BooleanField(default=False)
    state = models.CharField(
        max_length=10, choices=StreamState.choices, default=StreamState.STOPPED
    )
    since = models.DateTimeField(null=True)  # when it was last started or stopped
    bed = models.CharField(max_length=10, choices=BedKind.choices, default=BedKind.RUN)
    outside_hours = models.CharField(
        max_length=10, choices=OutsideHours.choices, default=OutsideHours.ON
    )
    holder = models.CharField(max_length=80, blank=True)  # the host whose encoder it is
    lease_until = models.DateTimeField(null=True)
    late_frames = models.PositiveBigIntegerField(default=0)
    restarts = models.PositiveIntegerField(default=0)
    cpu_seconds = models.FloatField(default=0.0)  # of all its encoders since it was started
    segment_at = models.DateTimeField(null=True)  # when the newest segment ends
    step = models.ForeignKey(  # whose output is on
        "invocations.Invocation", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    film = models.ForeignKey(  # which is on
        "films.Film", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    film_since = models.DateTimeField(null=True)  # when its first picture was on
    last_run = models.ForeignKey(  # of the archive, so that it is not repeated at once
        "invocations.Run", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects: ClassVar[BroadcastQuerySet] = cast("BroadcastQuerySet", BroadcastQuerySet.as_manager())

    def __str__(self) -> str:
        return f"stream of {self.network_id}"

    # Mutators: each compares and sets

    def start(self, at: datetime) -> bool:
        """Have it on air; False where it is already."""
        fields = {"state": StreamState.STARTING, "since": at, "late_frames": 0, "restarts": 0}
        return self._change(
            Q(wanted=False), wanted=True, cpu_seconds=0.0, segment_at=None, **fields
        )

    def stop(self, at: datetime) -> bool:
        """Take it off air; False where it is so already."""
        stopped = {"state": StreamState.STOPPED, "since": at}
        free = {"lease_until": None, "holder": "", "step_id": None}
        free |= {"film_id": None, "film_since": None}
        return self._change(Q(wanted=True), wanted=False, **free, **stopped)

    def choose_bed(self, bed: BedKind) -> None:
        self._change(Q(), bed=bed)

    def choose_outside_hours(self, choice: OutsideHours) -> None:
        self._change(Q(), outside_hours=choice)

    def claim(self, holder: str, *, at: datetime) -> bool:
        """Hold it, or hold it on, for this host; False where another one does, or it is not wanted."""
        free = Broadcast.objects.wanted_ones().free_for(holder, at).filter(pk=self.pk)
        return bool(free.update(holder=holder, lease_until=at + LEASE))

    def release(self, holder: str) -> None:
        Broadcast.objects.filter(pk=self.pk, holder=holder).update(holder="", lease_until=None)

    def move(self, new: StreamState, *, holder: str) -> bool:
        """Only by the host that holds it, and only where the table of moves allows it."""
        ours = Q(holder=holder, wanted=True, state__in=sources(new))
        return self._change(ours, state=new)

    def note_figures(
        self,
        *,
        holder: str,
        late_frames: int,
        cpu_seconds: float,
        restarts: int,
        segment_at: datetime | None,
    ) -> None:
        """What was added since the last time; the newest segment."""
        Broadcast.objects.filter(pk=self.pk, holder=holder).update(
            late_frames=F("late_frames") + late_frames,
            cpu_seconds=F("cpu_seconds") + cpu_seconds,
            restarts=F("restarts") + restarts,
            segment_at=segment_at,
        )

    def note_shown(
        self, step: int | None, film: int | None, film_since: datetime | None, *, holder: str
    ) -> None:
        """Whose output is on, or which film, and since when if that is known yet; neither: a slate."""
        if (step, film, film_since) != (self.step_id, self.film_id, self.film_since):
            self._change(Q(holder=holder), step_id=step, film_id=film, film_since=film_since)

    def note_run(self, run: int | None) -> None:
        """Which was begun last; None: a film."""
        self._change(Q(), last_run_id=run)

    def _change(self, only_if: Q, **fields: object) -> bool:
        changed = Broadcast.objects.filter(only_if, pk=self.pk).update(**fields)
        if changed:
            for name, value in fields.items():
                setattr(self, name, value)
        return bool(changed)

    # Properties

    def is_closed(self, choice: OutsideHours, at: datetime) -> bool:
        """Whether it is outside the opening hours, and this is what was chosen for then."""
        return self.outside_hours == choice and not self.network.hours.is_open(at)

    @property
    def channel(self) -> str:
        """The name of its folder of segments."""
        return self.network.public_id
