"""A farm worker: a program on a machine of the operator's that comes and claims steps."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from django.db import models, transaction
from django.db.models import Case, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.api_token import digest
from farm import events, server_start
from farm.stamp import stamp
from lib.compiled_statements import CompiledGet
from lib.public_ids import new_public_id
from networks.opening_hours import OpeningHours
from platforms.audience import OfferAudience

from .machine_hardware import MachineHardware

SILENT_AFTER = timedelta(seconds=60)  # a worker waits 25 s for work, and renews more often
TAKEN_OVER_AFTER = timedelta(seconds=30)  # by another session, once the first one is silent
MAX_TROUBLE = 200
SEEN_EVERY = timedelta(seconds=10)  # between two writes of when it was seen


class WorkerStatus(models.TextChoices):
    """What it says of itself. `OFFLINE` is also what has been silent for a minute."""

    STARTING = "starting", _("starting")
    AWAKE = "awake", _("awake")
    ASLEEP = "asleep", _("asleep")
    TESTING = "testing", _("testing")
    ERROR = "error", _("error")
    OFFLINE = "offline", _("offline")
    RESTART = "restart", _("started anew")  # asked for only: it is so once it has signed on again


class FarmWorkerQuerySet(models.QuerySet["FarmWorker"]):
    def kept(self) -> FarmWorkerQuerySet:
        """Not archived; the oldest first."""
        return self.filter(archived_at__isnull=True).order_by("id")

    def alive(self, at: datetime) -> FarmWorkerQuerySet:
        """Awake, and heard of lately."""
        return self.kept().filter(status=WorkerStatus.AWAKE, last_seen_at__gt=at - SILENT_AFTER)

    def may_change_by_time(self, since: datetime, at: datetime) -> FarmWorkerQuerySet:
        """Those that have fallen silent between the two without having left, and those that are heard of
        and have sleep windows."""
        silent = Q(last_seen_at__gt=since - SILENT_AFTER, last_seen_at__lte=at - SILENT_AFTER)
        by_clock = Q(last_seen_at__gt=at - SILENT_AFTER) & ~Q(sleep_windows=[])
        return self.filter(silent | by_clock).exclude(status=WorkerStatus.OFFLINE)

    def announce(self) -> int:
        """Whoever follows them looks again; how many they are."""
        return self._change_all()

    def request(self, status: str, *, lazy: bool) -> int:
        """What each of them is to be; how many are asked. One event. Only those that can are to restart."""
        if status == WorkerStatus.RESTART:
            return self.filter(can_restart=True)._change_all(requested_status=status, lazy=lazy)
        asked = Case(When(status=status, then=Value("")), default=Value(status))
        return self._change_all(requested_status=asked, lazy=lazy)

    def unseen_since(self, at: datetime) -> FarmWorkerQuerySet:
        """Those that were not heard of since then, and enrolled before it."""
        never = Q(last_seen_at__isnull=True, created_at__lt=at)
        return self.filter(Q(last_seen_at__lt=at) | never)

    def archive(self, at: datetime) -> int:
        """None of them is a worker any more: kept in the history, with a secret that is worth nothing; how many. One
        event."""
        with transaction.atomic():
            found = self._locked()
            mine = FarmWorker.objects.filter(pk__in=found)
            mine.update(
                archived_at=at, status=WorkerStatus.OFFLINE, session="", offers=[], operations=[]
            )
            return _announce(found.values(), events.FarmWorkerArchived)

    def add_tags(self, tags: Sequence[str], *, most: int) -> int:
        """Each has these tags besides its own, `most` in all; how many. One event."""
        with transaction.atomic():
            found = self._locked()
            for one in FarmWorker.objects.filter(pk__in=found):
                one.tags = list(dict.fromkeys([*one.tags, *tags]))[:most]
                one.save(update_fields=["tags"])
            return _announce(found.values(), events.FarmWorkerChanged)

    def remove_tags(self, tags: Sequence[str]) -> int:
        """None of them has these tags any more; how many. One event."""
        with transaction.atomic():
            found = self._locked()
            for one in FarmWorker.objects.filter(pk__in=found):
                one.tags = [tag for tag in one.tags if tag not in tags]
                one.save(update_fields=["tags"])
            return _announce(found.values(), events.FarmWorkerChanged)

    def _change_all(self, **fields: object) -> int:
        with transaction.atomic():
            found = self._locked()
            if fields:
                FarmWorker.objects.filter(pk__in=found).update(**fields)
            return _announce(found.values(), events.FarmWorkerChanged)

    def _locked(self) -> dict[int, str]:
        """Their public ids, with the rows held until the transaction ends: in order, so that two of these
        never wait for each other."""
        return dict(self.select_for_update().order_by("id").values_list("pk", "public_id"))


class FarmWorker(models.Model):
    """Its secret is kept as a SHA-256. `session`: of the process that may act for it now."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    secret_digest = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField(max_length=60)
    platform = models.CharField(max_length=60, blank=True)  # of the machine: its operating system
    version = models.CharField(max_length=40, blank=True)  # of the program
    session = models.CharField(max_length=64, blank=True, editable=False)
    names_session = models.BooleanField(default=False, editable=False)  # in each call
    status = models.CharField(
        max_length=10, choices=WorkerStatus.choices, default=WorkerStatus.OFFLINE
    )
    trouble = models.CharField(max_length=MAX_TROUBLE, blank=True)  # as it says, while in error
    requested_status = models.CharField(max_length=10, choices=WorkerStatus.choices, blank=True)
    lazy = models.BooleanField(default=False)  # what it has begun is finished before
    tags = models.JSONField(default=list)
    serves_tag = models.CharField(max_length=40, blank=True)  # only networks with this tag
    serves_person = models.ForeignKey(  # only networks of this person
        User, null=True, on_delete=models.CASCADE, related_name="+"
    )
    slots = models.PositiveSmallIntegerField(default=1)
    can_restart = models.BooleanField(default=False)  # its program starts anew where it is asked to
    specs = models.JSONField(default=dict)
    hardware = models.ForeignKey(  # of `specs`; none where they say nothing of it
        MachineHardware, null=True, on_delete=models.SET_NULL, editable=False
    )
    offers = models.JSONField(default=list)
    operations = models.JSONField(default=list)  # on video, by their names
    operation_batches = models.JSONField(default=dict)  # tasks at once, by operation
    self_test = models.JSONField(default=dict)
    most_in_batch = models.JSONField(
        default=dict
    )  # steps at once, by name of the offer, as admins say
    sleep_windows = models.JSONField(default=list)  # as opening hours, while it is to sleep
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[FarmWorkerQuerySet] = cast(
        "FarmWorkerQuerySet", FarmWorkerQuerySet.as_manager()
    )

    def __str__(self) -> str:
        return self.public_id

    # Factories

    @classmethod
    def enrol(
        cls,
        *,
        name: str,
        platform: str,
        version: str,
        at: datetime,
        serves_tag: str = "",
        serves_person: int | None = None,
    ) -> tuple[FarmWorker, str]:
        """A new worker and its secret, which is nowhere else."""
        secret = new_secret()
        with transaction.atomic():
            made = cls.objects.create(
                secret_digest=digest(secret),
                name=name,
                platform=platform,
                version=version,
                created_at=at,
                serves_tag=serves_tag,
                serves_person_id=serves_person,
            )
            events.publish(events.FarmWorkerEnrolled.of_workers([made.public_id]))
        return made, secret

    # Queries

    @classmethod
    def from_secret(cls, plain: str) -> FarmWorker | None:
        """Without what only pages show: each call asks."""
        with suppress(cls.DoesNotExist):
            return _BY_SECRET.get(digest(plain))
        return None

    # Mutators

    def sign_on(self, *, session: str, at: datetime, **fields: Any) -> bool:
        """The process of this session acts for it from now on. False while that of another one does:
        until it has been silent for half a minute."""
        silent = Q(session__in=("", session)) | Q(last_seen_at__isnull=True)
        silent |= Q(last_seen_at__lt=at - TAKEN_OVER_AFTER)
        mine = FarmWorker.objects.kept().filter(silent, pk=self.pk)
        with transaction.atomic():
            self._hold()
            asleep = self.status == WorkerStatus.ASLEEP  # a restart of its program wakes nobody
            asked = "" if self.requested_status == WorkerStatus.RESTART else self.requested_status
            status = asked or (WorkerStatus.ASLEEP if asleep else WorkerStatus.AWAKE)
            values = {"session": session, "last_seen_at": at, "status": status, "trouble": ""}
            values |= fields
            if not mine.update(**values, requested_status="", lazy=False):
                return False
            self._note_hardware(fields.get("specs", {}))
            self._note_confirmed(at)
            self.refresh_from_db()
            self._announce()
        return True

    def sign_off(self, at: datetime) -> None:
        """One that sleeps is to sleep when it comes back."""
        fields = {"status": WorkerStatus.OFFLINE, "session": "", "last_seen_at": at}
        with transaction.atomic():
            self._hold()
            unasked = self.requested_status in ("", WorkerStatus.RESTART)
            if self.status == WorkerStatus.ASLEEP and unasked:
                fields["requested_status"] = WorkerStatus.ASLEEP
            self._change(**fields)

    def note_seen(self, at: datetime) -> None:
        """Written now and then only, and without an event, unless it was silent."""
        seen = self.last_seen_at
        if seen is not None and timedelta(0) <= at - seen < SEEN_EVERY:
            return
        with transaction.atomic():
            FarmWorker.objects.filter(pk=self.pk).update(last_seen_at=at)
            if seen is None or at - seen >= SILENT_AFTER:
                self._announce()
        self.last_seen_at = at

    def request(self, status: str, *, lazy: bool) -> None:
        """What it is to be; it is so once it has said so. An empty text takes the request back."""
        asked = "" if status == self.status else status
        self._change(requested_status=asked, lazy=lazy)

    def confirm(self) -> None:
        """It has heard what it is to be; awake, where it asks for work after a test. A restart is
        confirmed by signing on again. Something else that it was asked meanwhile is not."""
        asked = self.requested_status
        if asked == WorkerStatus.RESTART:
            return
        with transaction.atomic():
            self._hold()
            if self.requested_status != asked:
                return
            self._note_confirmed(timezone.now())
            status = asked or WorkerStatus.AWAKE
            self._change(status=status, trouble="", requested_status="", lazy=False)

    def note_trouble(self, sentence: str) -> None:
        """It cannot work now, and says why; that it was asked to be awake is heard with it. What else it was asked
        meanwhile it hears at its next claim."""
        sentence = sentence[:MAX_TROUBLE]
        if (self.status, self.trouble) == (WorkerStatus.ERROR, sentence):
            return
        with transaction.atomic():
            self._hold()
            if self.requested_status in ("", WorkerStatus.AWAKE):
                error = {"status": WorkerStatus.ERROR, "trouble": sentence}
                self._change(**error, requested_status="", lazy=False)

    def change(self, **fields: object) -> None:
        """Its name, tags and sleep windows, as people give them."""
        self._change(**fields)

    def rotate_secret(self) -> str:
        """A new secret; the old one is worth nothing from now on."""
        secret = new_secret()
        FarmWorker.objects.filter(pk=self.pk).update(secret_digest=digest(secret), session="")
        self.refresh_from_db()
        return secret

    def _hold(self) -> None:
        """Its status and what it was asked, as they are until the transaction ends."""
        held = FarmWorker.objects.select_for_update(no_key=True)
        asked = ["status", "requested_status", "lazy"]
        self.refresh_from_db(fields=asked, from_queryset=held)

    def _change(self, **fields: object) -> None:
        with transaction.atomic():
            FarmWorker.objects.filter(pk=self.pk).update(**fields)
            self.refresh_from_db()
            self._announce()

    def _note_confirmed(self, at: datetime) -> None:
        """Where a stop-all has asked for it: for its receipt."""
        if self.requested_status == WorkerStatus.ASLEEP:
            self.stops.filter(confirmed_at__isnull=True).update(confirmed_at=at)

    def _note_hardware(self, specs: Mapping[str, Any]) -> None:
        """What its attempts run on from now on."""
        told, before = MachineHardware.told_by(specs), self.hardware_id
        if (told.pk if told else None) == before:
            return
        FarmWorker.objects.filter(pk=self.pk).update(hardware=told)
        if before:
            MachineHardware.remove_unused(before)

    def _announce(self) -> None:
        _announce([self.public_id], events.FarmWorkerChanged)

    # Properties

    @property
    def holder_name(self) -> str:
        """Under which it holds leases."""
        return f"farm:{self.public_id}"

    def audience(self, at: datetime) -> OfferAudience:
        """Whom it serves; a tag-only worker has its tag whatever its other tags are."""
        return OfferAudience(
            person=self.serves_person_id,
            tags=frozenset(filter(None, [*self.tags, self.serves_tag])),
            only_tag=self.serves_tag,
            awake=self.takes_work(at),
        )

    def shown_status(self, at: datetime) -> str:
        """Its status, unless it is silent, or in one of its sleep windows."""
        seen = self.last_seen_at
        if seen is None or (at - seen > SILENT_AFTER and not server_start.is_in_grace(at)):
            return WorkerStatus.OFFLINE
        awake = self.status == WorkerStatus.AWAKE
        return WorkerStatus.ASLEEP if awake and self.is_in_sleep_window(at) else self.status

    def is_in_sleep_window(self, at: datetime) -> bool:
        hours = OpeningHours.from_json(cast("Sequence[Mapping[str, Any]]", self.sleep_windows))
        return bool(hours) and hours.is_open(at)

    def acts_in(self, session: str) -> bool:
        """Whether a call that says it is of this session may act for the worker. One that says
        nothing may, unless the process that has signed on always does."""
        if not self.session:
            return True
        return session == self.session if session or self.names_session else True

    def takes_work(self, at: datetime) -> bool:
        """Whether it is given work when it asks next: awake, or asleep and asked to wake."""
        able = self.status in (WorkerStatus.AWAKE, WorkerStatus.ASLEEP)
        there = self.shown_status(at) != WorkerStatus.OFFLINE
        return able and there and not self.status_due(at)

    def status_due(self, at: datetime) -> str:
        """What it is to be instead of working; empty where it is to work."""
        if self.requested_status and self.requested_status != WorkerStatus.AWAKE:
            return self.requested_status
        if not self.requested_status and self.status == WorkerStatus.ASLEEP:
            return WorkerStatus.ASLEEP
        return WorkerStatus.ASLEEP if self.is_in_sleep_window(at) else ""


_BY_SECRET = CompiledGet(
    lambda: FarmWorker.objects.kept().defer("specs", "self_test"), by="secret_digest"
)


def new_secret() -> str:
    return f"worker_{secrets.token_urlsafe(32)}"


def _announce(public_ids: Collection[str], event: type[events.FarmWorkerEvent]) -> int:
    """Within the transaction of the change; how many they are."""
    if public_ids:
        events.publish(event.of_workers(public_ids))
        stamp.announce_change()
    return len(public_ids)
