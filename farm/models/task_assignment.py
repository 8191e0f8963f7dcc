"""A task of a film that a farm worker was given: what its attempt does not say."""

from __future__ import annotations

from django.db import models

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
