"""A task: one operation of a film's plan. The row is the job.

`inputs` name what it works on: `{"upload": true}`, `{"asset": "<sha256>"}`, or `{"task": 3, "output": 0}`
(without `output`: all outputs of that task). `outputs` are files in the film's folder that are named by
their content: `{"sha256", "suffix", "kind", "frames", "bytes"}`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, ClassVar, cast

from django.db import models

from films.states import OPEN_TASKS, WORKED_ON, TaskState, task_sources
from invocations.states import Stale

from .film import Film


class TaskPurpose(models.TextChoices):
    """What a task's film file is for."""

    STEP = "step"  # it makes none
    PREVIEW = "preview"
    FILM = "film"


class FilmTaskQuerySet(models.QuerySet["FilmTask"]):
    def claimable(self, at: datetime, host: str) -> FilmTaskQuerySet:
        """Ready and due, of films whose files are on this host: by priority, then the film that waits longest."""
        here = models.Q(film__host="") | models.Q(film__host=host)
        ready = self.filter(here, state=TaskState.READY, film__state__in=WORKED_ON)
        due = ready.filter(models.Q(due_at__isnull=True) | models.Q(due_at__lte=at))
        first = models.F("film__served_at").asc(nulls_first=True)
        return due.order_by("-film__priority", first, "film_id", "number")

    def in_order(self) -> FilmTaskQuerySet:
        return self.order_by("number")

    def open(self) -> FilmTaskQuerySet:
        return self.filter(state__in=OPEN_TASKS)

    def numbered(self, numbers: Iterable[int]) -> FilmTaskQuerySet:
        return self.filter(number__in=list(numbers))


class FilmTask(models.Model):
    """`work` is how much there is to do, in megapixels (of sounds: seconds); with `size_class` it says
    how long that takes (`films/pace.py`). `expands`: the recipe goes on planning once it is completed."""

    film = models.ForeignKey(  # `film_task_number` begins with it
        Film, on_delete=models.CASCADE, related_name="tasks", db_index=False
    )
    number = models.PositiveIntegerField()
    operation = models.CharField(max_length=20)
    parameters = models.JSONField(default=dict)
    inputs = models.JSONField(default=list)
    outputs = models.JSONField(default=list)
    details = models.JSONField(default=dict)
    purpose = models.CharField(max_length=8, choices=TaskPurpose.choices, default=TaskPurpose.STEP)
    state = models.CharField(max_length=10, choices=TaskState.choices, default=TaskState.WAITING)
    due_at = models.DateTimeField(null=True)  # NULL: at once
    expands = models.BooleanField(default=False)
    expanded = models.BooleanField(default=False)
    work = models.FloatField(default=0.0)
    size_class = models.CharField(max_length=20, blank=True)
    backend = models.CharField(max_length=40, blank=True)
    degraded = models.TextField(blank=True)  # a sentence; empty: it is what was asked for
    seconds = models.FloatField(null=True)  # that the try took which completed it
    attempts_made = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)  # since it was last asked for
    losses = models.PositiveSmallIntegerField(default=0)  # tries that died with their worker
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)  # a sentence

    objects: ClassVar[FilmTaskQuerySet] = cast("FilmTaskQuerySet", FilmTaskQuerySet.as_manager())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["film", "number"], name="film_task_number"),
        ]
        indexes = [
            models.Index(
                fields=["film", "number"],
                condition=models.Q(state=TaskState.READY),
                name="film_task_ready",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    # Mutators: inside a transaction that holds the film

    def move(self, new: TaskState, **fields: Any) -> None:
        """Raises Stale where the table has no such arrow from the state that it is in by now."""
        mine = FilmTask.objects.filter(pk=self.pk, state__in=task_sources(new))
        if not mine.update(state=new, **fields):
            raise Stale(f"task {self} does not lead to {new} any more")
        for name, value in {"state": new, **fields}.items():
            setattr(self, name, value)

    def note_expanded(self) -> None:
        self.expanded = True
        FilmTask.objects.filter(pk=self.pk).update(expanded=True)

    def note_removed(self, sha256s: Collection[str]) -> None:
        """These files of it are gone; who needs one after all has this task done again."""
        self.outputs = [
            one | {"removed": True} if one["sha256"] in sha256s else one for one in self.outputs
        ]
        FilmTask.objects.filter(pk=self.pk).update(outputs=self.outputs)

    # Properties

    @property
    def public_id(self) -> str:
        return f"{self.film_id}-{self.number}"

    @property
    def needs(self) -> set[int]:
        """Numbers of the tasks that have to be completed before."""
        return {one["task"] for one in self.inputs if "task" in one}

    @property
    def bytes(self) -> int:
        """Of the files that it has made and that are there."""
        return sum(one["bytes"] for one in self.outputs if not one.get("removed"))
