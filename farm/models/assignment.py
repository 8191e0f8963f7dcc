"""Work that a farm worker was given: what its attempt does not say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import models

from farm import previews
from farm.events import log_key
from invocations.models import Attempt
from lib.compiled_statements import CompiledInsert, CompiledUpdate

from .farm_worker import FarmWorker

LOG_PART_BYTES = 64_000  # characters kept of the beginning, and as many of the end
MAX_PHASE = 60


class LogGap(Exception):
    """The piece does not follow what is there; `expected` is the offset that would."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"the log goes on at {expected}")
        self.expected = expected


class Assignment(models.Model):
    """One attempt of one worker. `finish_digest`: of the answer by which it was, or is to be, ended. `batch`:
    the same for those that were given together; empty: it was given alone."""

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="assignment")
    worker = models.ForeignKey(FarmWorker, on_delete=models.CASCADE, related_name="assignments")
    finish_digest = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True)
    batch = models.CharField(max_length=20, blank=True)
    batch_size = models.PositiveSmallIntegerField(default=1)
    backend = models.CharField(max_length=60, blank=True)
    degraded = models.BooleanField(default=False)
    progress = models.FloatField(null=True)  # 0 to 1
    phase = models.CharField(max_length=MAX_PHASE, blank=True)
    log_head = models.TextField(blank=True)
    log_tail = models.TextField(blank=True)
    log_length = models.PositiveBigIntegerField(default=0)  # characters received

    class Meta:
        indexes = [
            models.Index(
                fields=["attempt"], condition=models.Q(batch_size__gt=1), name="assignment_in_batch"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker} {self.attempt_id}"

    # Factories

    @classmethod
    def write(cls, attempt: Attempt, worker: FarmWorker) -> Assignment:
        """What `objects.create` does, for each step that is taken."""
        return _ASSIGNMENTS.create(attempt=attempt, worker=worker)

    # Mutators

    def note_progress(self, progress: float, phase: str) -> None:
        Assignment.objects.filter(pk=self.pk).update(progress=progress, phase=phase[:MAX_PHASE])

    @classmethod
    def note_batch(cls, together: Sequence[Assignment], batch: str) -> None:
        """They were given together."""
        for one in together:
            one.batch, one.batch_size = batch, len(together)
        mine = cls.objects.filter(pk__in=[one.pk for one in together])
        mine.update(batch=batch, batch_size=len(together))

    def note_answer(self, digest: str, **fields: object) -> bool:
        """Whether this is the answer that counts: the first one, or the same again."""
        fields = {"finish_digest": digest, **fields}
        if _UNANSWERED.update(self.pk, fields):
            return True
        return bool(Assignment.objects.filter(pk=self.pk, finish_digest=digest).update(**fields))

    def note_finished(self, digest: str, *, backend: str, degraded: bool, at: datetime) -> bool:
        """As `note_answer`, with what it says of the work."""
        fields = {"backend": backend[:60], "degraded": degraded, "finished_at": at}
        return self.note_answer(digest, **fields, progress=None)

    def append_log(self, offset: int, text: str) -> int:
        """Add a piece that begins at `offset`; what is there already is passed over. Returns how
        much is there now. Raises LogGap. Within a transaction that holds the row."""
        if offset > self.log_length:
            raise LogGap(self.log_length)
        fresh = text[self.log_length - offset :]
        room = max(0, LOG_PART_BYTES - len(self.log_head))
        self.log_head += fresh[:room]
        self.log_tail = (self.log_tail + fresh[room:])[-LOG_PART_BYTES:]
        self.log_length += len(fresh)
        self.save(update_fields=["log_head", "log_tail", "log_length"])
        return self.log_length

    # Properties

    @property
    def log(self) -> str:
        """What is kept, with a line where something was left out."""
        between = f"\n[{self.left_out} characters left out]\n" if self.left_out else ""
        return self.log_head + between + self.log_tail

    @property
    def preview(self) -> str:
        """Which one is the newest, while it is at work; empty without one."""
        return "" if self.attempt.outcome else previews.version(log_key(self.attempt.token))

    @property
    def left_out(self) -> int:
        """Characters of the log that were not kept."""
        return self.log_length - len(self.log_head) - len(self.log_tail)


_ASSIGNMENTS = CompiledInsert(Assignment)
_UNANSWERED: CompiledUpdate[Assignment] = CompiledUpdate(
    lambda: Assignment.objects.filter(finish_digest="")
)
