"""Work that a farm worker was given: what its attempt does not say."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from farm import preview_store
from farm.events import log_key
from invocations.models import Attempt
from lib.compiled_statements import CompiledInsert, CompiledUpdate

from .farm_worker import FarmWorker
from .work_record import WorkRecord

MAX_PHASE = 60


class Assignment(WorkRecord):
    """One attempt of one worker."""

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="assignment")
    worker = models.ForeignKey(FarmWorker, on_delete=models.CASCADE, related_name="assignments")
    model = models.CharField(max_length=200, blank=True)  # the step may have fallen back since
    backend = models.CharField(max_length=60, blank=True)
    degraded = models.BooleanField(default=False)
    progress = models.FloatField(null=True)  # 0 to 1
    phase = models.CharField(max_length=MAX_PHASE, blank=True)

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
    def write(cls, attempt: Attempt, worker: FarmWorker, model: str) -> Assignment:
        """What `objects.create` does, for each step that is taken."""
        return _ASSIGNMENTS.create(
            attempt=attempt, worker=worker, model=model, hardware_id=worker.hardware_id
        )

    # Mutators

    def note_progress(self, progress: float, phase: str) -> None:
        Assignment.objects.filter(pk=self.pk).update(progress=progress, phase=phase[:MAX_PHASE])

    def note_answer(self, digest: str, **fields: object) -> bool:
        """Whether this is the answer that counts: the first one, or the same again."""
        fields = {"finish_digest": digest, **fields}
        if _UNANSWERED.update(self.pk, fields):
            return True
        return bool(Assignment.objects.filter(pk=self.pk, finish_digest=digest).update(**fields))

    def note_finished(
        self, digest: str, *, backend: str, degraded: bool, detail: str, at: datetime
    ) -> bool:
        """As `note_answer`, with what it says of the work."""
        fields = {"backend": backend[:60], "degraded": degraded, "finished_at": at}
        if detail:
            fields["error_detail"] = detail
        return self.note_answer(digest, **fields, progress=None)

    # Properties

    @property
    def percent(self) -> int | None:
        """How far it is, as its worker says; None where it has not said anything."""
        return None if self.progress is None else round(self.progress * 100)

    @property
    def preview(self) -> str:
        """Which one is the newest, while it is at work; empty without one."""
        return "" if self.attempt.outcome else preview_store.version(log_key(self.attempt.token))


_ASSIGNMENTS = CompiledInsert(Assignment)
_UNANSWERED: CompiledUpdate[Assignment] = CompiledUpdate(
    lambda: Assignment.objects.filter(finish_digest="")
)
