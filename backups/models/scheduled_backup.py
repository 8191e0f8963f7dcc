"""A backup that the product makes by itself: on the schedule, or because an admin asked for one."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction


class BackupState(models.TextChoices):
    """`waiting` → `running` → `done` or `failed`."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


OPEN = (BackupState.WAITING, BackupState.RUNNING)


class AlreadyRunning(Exception):
    """One backup at a time, on however many machines."""


class ScheduledBackup(models.Model):
    """What was made is a file on `host`; that file is the truth, this row says how the making went."""

    # Longer than copying a database takes; renewed while media are copied
    LEASE = timedelta(minutes=30)
    SILENT = timedelta(minutes=1)  # by then its process has begun
    KEPT = timedelta(days=400)

    state = models.CharField(max_length=8, choices=BackupState.choices, default=BackupState.WAITING)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField()
    by_schedule = models.BooleanField(default=True)  # else an admin asked for it
    host = models.CharField(max_length=255, blank=True)
    file_name = models.CharField(max_length=100, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    sentence = models.TextField(blank=True)  # why it failed, or what it lacks
    only_one = models.PositiveSmallIntegerField(default=1, editable=False)  # for the constraint

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["only_one"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_open_backup",
            )
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M} {self.state}"

    # Factories

    @classmethod
    def ask(cls, at: datetime, *, by_schedule: bool = False) -> ScheduledBackup:
        """Raises AlreadyRunning."""
        try:
            with transaction.atomic():
                return cls.objects.create(
                    asked_at=at, lease_until=at + cls.LEASE, by_schedule=by_schedule
                )
        except IntegrityError:
            raise AlreadyRunning from None

    # Mutators

    def start(self, host: str, *, at: datetime) -> bool:
        """False where somebody else was faster."""
        waiting = ScheduledBackup.objects.filter(pk=self.pk, state=BackupState.WAITING)
        return bool(
            waiting.update(state=BackupState.RUNNING, host=host, lease_until=at + self.LEASE)
        )

    def renew(self, at: datetime) -> None:
        self._running().update(lease_until=at + self.LEASE)

    def succeed(self, *, file_name: str, size: int, sentence: str, at: datetime) -> bool:
        return bool(
            self._running().update(
                state=BackupState.DONE,
                ended_at=at,
                file_name=file_name,
                bytes=size,
                sentence=sentence,
            )
        )

    def fail(self, sentence: str, *, at: datetime) -> bool:
        open_ones = ScheduledBackup.objects.filter(pk=self.pk, state__in=OPEN)
        return bool(open_ones.update(state=BackupState.FAILED, ended_at=at, sentence=sentence))

    def _running(self) -> models.QuerySet[ScheduledBackup]:
        return ScheduledBackup.objects.filter(pk=self.pk, state=BackupState.RUNNING)

    # Properties

    def is_silent(self, at: datetime) -> bool:
        """Nobody has renewed the lease for a while, as is usual while the database is copied."""
        return self.lease_until - self.LEASE < at - self.SILENT

    # Queries

    @classmethod
    def current(cls) -> ScheduledBackup | None:
        """The one that waits or runs."""
        return cls.objects.filter(state__in=OPEN).first()

    @classmethod
    def latest(cls, state: BackupState) -> ScheduledBackup | None:
        return cls.objects.filter(state=state).order_by("-ended_at").first()

    @classmethod
    def forget_unfinished(cls, at: datetime) -> int:
        """After a restore: what was under way when the backup was made is not under way now."""
        return cls.objects.filter(state__in=OPEN).delete()[0]

    @classmethod
    def prune(cls, at: datetime) -> int:
        return cls.objects.filter(ended_at__lt=at - cls.KEPT).delete()[0]
