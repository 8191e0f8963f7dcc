"""A task of a film that a farm worker was given: what its attempt does not say."""

from __future__ import annotations

from django.db import models

from farm import preview_store
from farm.events import log_key
from films.models import TaskAttempt

from .farm_worker import FarmWorker
from .work_record import WorkRecord


class TaskAssignment(WorkRecord):
    """One try of one worker at a task."""

    attempt = models.OneToOneField(
        TaskAttempt, on_delete=models.CASCADE, related_name="task_assignment"
    )
    worker = models.ForeignKey(
        FarmWorker, on_delete=models.CASCADE, related_name="task_assignments"
    )

    def __str__(self) -> str:
        return f"{self.worker} {self.attempt_id}"

    # Properties

    @property
    def preview(self) -> str:
        """Which one is the newest, while it is at work; empty without one."""
        return "" if self.attempt.outcome else preview_store.version(log_key(self.attempt.token))
