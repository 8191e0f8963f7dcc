"""A film: a recipe carried out on a clip or on a run, and what came of it.

The row holds the plan's state; the work is in its tasks. Intermediate files are in the folder of the film
(`films/intermediates.py`), the finished film is an asset.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import User
from assets.models import Asset
from films import events
from films.states import (
    ENDED_FILMS,
    OPEN_FILMS,
    USUAL_PRIORITY,
    WORKED_ON,
    FilmState,
    check_film_move,
)
from invocations.models import Run, Takedown
from invocations.states import RetentionClass, Stale
from lib.public_ids import new_public_id
from networks.models import Network

from .upload import Upload

if TYPE_CHECKING:
    from networks.models import Person


class FilmQuerySet(models.QuerySet["Film"]):
    def visible_to(self, person: Person) -> FilmQuerySet:
        """One's own, those of runs of networks that one controls, and all to an admin."""
        if not isinstance(person, User) or not person.is_active:
            return self.none()
        if person.is_admin:
            return self
        controlled = Network.objects.controlled_by(person)
        return self.filter(models.Q(owner=person) | models.Q(run__network__in=controlled))

    def owned_by(self, person: User) -> FilmQuerySet:
        return self.filter(owner=person)

    def open(self) -> FilmQuerySet:
        """Not at an end."""
        return self.filter(state__in=OPEN_FILMS)

    def worked_on(self) -> FilmQuerySet:
        """Those with tasks that may be claimed."""
        return self.filter(state__in=WORKED_ON)

    def with_expired_frames(self, at: datetime) -> FilmQuerySet:
        """Those that ended so long ago that their intermediate files go."""
        ended = at - timedelta(days=settings.FILM_FRAMES_DAYS)
        return self.filter(bytes_used__gt=0, state__in=ENDED_FILMS, ended_at__lt=ended)

    def expired(self, at: datetime) -> FilmQuerySet:
        """Those that nobody keeps and whose time is over."""
        if not settings.FILMS_KEPT_DAYS:
            return self.none()
        return self.nobody_keeps(ended_before=at - timedelta(days=settings.FILMS_KEPT_DAYS))

    def nobody_keeps(self, *, ended_before: datetime) -> FilmQuerySet:
        """Those that are at an end since then, of the class that may go, and played by no network."""
        normal = self.filter(retention=RetentionClass.NORMAL, replayed_in__isnull=True)
        return normal.filter(state__in=ENDED_FILMS, ended_at__lt=ended_before)

    def showable(self) -> FilmQuerySet:
        """Finished ones that people besides their makers may see: not of a run that its visitor has taken back, nor
        with an output that was taken down since."""
        later = Takedown.objects.filter(
            invocation__run=models.OuterRef("run"), at__gte=models.OuterRef("created_at")
        )
        finished = self.filter(state=FilmState.COMPLETED, output__isnull=False)
        return finished.filter(models.Q(run__withdrawn_at__isnull=True) & ~models.Exists(later))

    def replayed_in(self, network: int) -> FilmQuerySet:
        """Those that are played while nothing runs in the network of this key."""
        return self.showable().filter(replayed_in=network)

    def newest_first(self) -> FilmQuerySet:
        return self.order_by("-id")


class Film(models.Model):
    """`forecast` says what the recipe will still plan: `[[operation, size class, amount of work], …]`."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="films")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="films")
    upload = models.ForeignKey(Upload, null=True, on_delete=models.SET_NULL, related_name="films")
    title = models.CharField(max_length=200, blank=True)
    recipe = models.CharField(max_length=40)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=20, choices=FilmState.choices, default=FilmState.QUEUED)
    error = models.TextField(blank=True)  # a stored sentence
    output = models.ForeignKey(Asset, null=True, on_delete=models.PROTECT, related_name="+")
    preview = models.ForeignKey(Asset, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    chapters = models.JSONField(default=list)  # [{"seconds": 0.0, "title": "…"}]
    provenance = models.JSONField(default=dict)
    forecast = models.JSONField(default=list)
    retention = models.CharField(
        max_length=10, choices=RetentionClass.choices, default=RetentionClass.NORMAL
    )
    priority = models.PositiveSmallIntegerField(
        default=USUAL_PRIORITY
    )  # 0 to 100, the highest first
    share_key = models.CharField(max_length=40, blank=True)  # empty: it is not shared
    replayed_in = models.ForeignKey(  # plays it in turn with its archived runs
        Network, null=True, on_delete=models.SET_NULL, related_name="replayed_films"
    )
    host = models.CharField(max_length=120, blank=True)  # whose disk has the intermediate files
    bytes_used = models.PositiveBigIntegerField(default=0)  # of intermediate files
    max_bytes = models.PositiveBigIntegerField(default=0)  # what they may take
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)  # when a task of it was claimed last

    objects: ClassVar[FilmQuerySet] = cast("FilmQuerySet", FilmQuerySet.as_manager())

    class Meta:
        indexes = [
            models.Index(
                fields=["served_at", "id"],
                condition=models.Q(state__in=WORKED_ON),
                name="film_worked_on",
            ),
            models.Index(
                fields=["ended_at"], condition=models.Q(bytes_used__gt=0), name="film_with_frames"
            ),
            models.Index(fields=["owner", "-id"], name="film_of_owner"),
        ]

    def __str__(self) -> str:
        return self.public_id

    # Factories

    @classmethod
    def lock(cls, pk: int) -> Film:
        """The row, held until the transaction ends. Raises Film.DoesNotExist."""
        return cls.objects.select_for_update(of=("self",)).get(pk=pk)

    # Mutators: inside a transaction that holds the row

    def start(self, host: str, *, at: datetime) -> None:
        """A task of it was claimed."""
        fields: dict[str, Any] = {"served_at": at, "host": host}
        if self.state == FilmState.QUEUED:
            fields["started_at"] = self.started_at or at
            self._move(FilmState.RUNNING, events.FilmStarted, **fields)
        else:
            self._write(**fields)

    def pause(self) -> None:
        self._move(FilmState.PAUSED, events.FilmPaused)

    def resume(self) -> None:
        self._move(FilmState.QUEUED, events.FilmResumed)

    def wait_for_approval(self, preview: Asset) -> None:
        self._move(FilmState.WAITING_APPROVAL, events.FilmPreviewed, preview=preview)

    def approve(self, *, at: datetime) -> None:
        self._move(FilmState.QUEUED, events.FilmApproved, approved_at=at)

    def complete(self, output: Asset, provenance: dict[str, Any], *, at: datetime) -> None:
        more = {"output": output, "provenance": provenance, "ended_at": at}
        self._move(FilmState.COMPLETED, events.FilmCompleted, **more, forecast=[])

    def fail(self, sentence: str, *, at: datetime) -> None:
        """`sentence`: a stored one."""
        self._move(FilmState.FAILED, events.FilmFailed, error=sentence, ended_at=at)

    def cancel(self, *, at: datetime) -> None:
        self._move(FilmState.CANCELLED, events.FilmCancelled, ended_at=at)

    def retry(self) -> None:
        self._move(FilmState.QUEUED, events.FilmRetried, error="", ended_at=None)

    def note_plan(self, **fields: Any) -> None:
        """What the recipe has found out: `forecast`, `chapters`, `max_bytes`."""
        self._write(**fields)

    def note_bytes(self, more: int) -> None:
        """Intermediate files have come (or gone, where it is negative)."""
        used = models.functions.Greatest(models.F("bytes_used") + more, models.Value(0))
        Film.objects.filter(pk=self.pk).update(bytes_used=used)

    # Mutators: of their own

    def keep(self, retention: RetentionClass) -> None:
        self._write(retention=retention)

    def prioritize(self, priority: int) -> None:
        self._write(priority=priority)

    def rename(self, title: str) -> None:
        self._write(title=title)

    def share(self) -> str:
        """The key of its shared page; the same one where it is shared already."""
        Film.objects.filter(pk=self.pk, share_key="").update(share_key=get_random_string(32))
        self.refresh_from_db(fields=["share_key"])
        return self.share_key

    def unshare(self) -> None:
        self._write(share_key="")

    def replay_in(self, network: Network | None) -> None:
        """`network`: one that who asks may control; None: nowhere."""
        self._write(replayed_in=network)

    def note_frames_removed(self) -> None:
        self._write(bytes_used=0)

    def _move(self, new: FilmState, event: type[events.FilmEvent], **fields: Any) -> None:
        """Raises IllegalMove, or Stale where somebody was faster."""
        check_film_move(self.state, new)
        mine = Film.objects.filter(pk=self.pk, state=self.state)
        if not mine.update(state=new, **fields):
            raise Stale(f"film {self.public_id} is not {self.state} any more")
        for name, value in {"state": new, **fields}.items():
            setattr(self, name, value)
        events.publish(self, event.from_film(self))

    def _write(self, **fields: Any) -> None:
        Film.objects.filter(pk=self.pk).update(**fields)
        for name, value in fields.items():
            setattr(self, name, value)

    # Properties

    @property
    def wants_approval(self) -> bool:
        """Whether a preview is to be seen before the film is made."""
        return bool(self.options.get("approve")) and self.approved_at is None

    @property
    def is_first(self) -> bool:
        """Whether it is made before usual ones."""
        return self.priority > USUAL_PRIORITY

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_FILMS

    @property
    def working_time(self) -> timedelta | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at

    # Queries

    @property
    def topic(self) -> str:
        """Where its events are: those of all films of its owner."""
        return events.topic_of(self.owner)

    def may_control(self, person: Person) -> bool:
        """Its owner, whoever controls the network of its run, and an admin."""
        if not isinstance(person, User) or not person.is_active:
            return False
        if person.is_admin or person.pk == self.owner_id:
            return True
        return self.run is not None and self.run.network.may_control(person)
