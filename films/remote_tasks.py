"""Tasks that another machine carries out: which, what it is given, and what is taken from it.

Only what takes a chunk and gives a chunk: nearly all the work of a film. What comes back is read to its end
here, and has to be the chunk that the operation makes of what was given.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Exists, OuterRef, Q

from invocations.models import WorkerHeartbeat
from invocations.states import Outcome

from . import intermediates, task_inputs
from .claims import TaskClaim
from .methods import LEARNED
from .models import FilmTask, TaskAttempt
from .models.film_task import TaskPurpose

OPERATIONS = ("interpolate", "upscale")
CONTENT_TYPE = "video/x-matroska"
DEADLINE = timedelta(minutes=30)
HOST_SEEN = timedelta(minutes=2)


class NotAccepted(Exception):
    """What was handed in is not the chunk that was asked for."""


def suits(operations: list[str], worker: str, owner: int | None) -> Q:
    """A filter of tasks: for a worker that does these operations, for films of this person or of everybody. What
    it has failed is for others; that there was no room here, or no input, is no failure of its."""
    failed = TaskAttempt.objects.filter(
        task=OuterRef("pk"), worker=worker, outcome=Outcome.FAILED
    ).exclude(error_code__in=("no_room", "input_lost"))
    able = Q(~Exists(failed), _named(operations), purpose=TaskPurpose.STEP)
    return able if owner is None else able & Q(film__owner=owner)


def name_of_work(task: FilmTask) -> str:
    """As workers name what they do: learned weights are a thing of its own."""
    learned = task.parameters.get("method") == LEARNED
    return f"{task.operation}/{LEARNED}" if learned else task.operation


def _named(operations: list[str]) -> Q:
    """Tasks of these names."""
    plain = [one for one in OPERATIONS if one in operations]
    learned = [one for one in OPERATIONS if f"{one}/{LEARNED}" in operations]
    by_weights = Q(parameters__method=LEARNED)
    without = Q(parameters__method__isnull=True) | ~by_weights
    return (Q(operation__in=plain) & without) | (Q(operation__in=learned) & by_weights)


def may_leave_this_machine(at: datetime) -> bool:
    """Not while the installation has several machines: the files of a film are on the disk of one, and a
    farm worker speaks to any. Nor while the disk is full."""
    hosts = WorkerHeartbeat.objects.filter(seen_at__gte=at - HOST_SEEN).values("host").distinct()
    return hosts.count() <= 1 and intermediates.has_room()


def input_of(claim: TaskClaim) -> Path:
    """The chunk to work on. Raises InputLost."""
    folder = intermediates.folder_of_film(claim.film)  # nothing is drawn in it
    with task_inputs.opened(claim, folder, lambda: None) as (path,):
        return path


def recorded_input(claim: TaskClaim) -> Path:
    """As `input_of`, without reading it: whoever claimed the task has."""
    (one,) = claim.task.inputs
    producer = claim.film.tasks.get(number=one["task"])
    return intermediates.path_of(claim.film, producer.outputs[one.get("output") or 0])


def accept(claim: TaskClaim, sent: Path) -> intermediates.Output:
    """Put what was sent in its place. Raises NotAccepted."""
    # Here: FFmpeg's libraries take 20 MB of a web process that is sent no films.
    from operations.contract import CHUNK, OperationOutput

    folder = intermediates.work_folder(claim.film, claim.attempt.token)
    folder.mkdir(parents=True, exist_ok=True)
    chunk = folder / "sent.mkv"
    try:
        _link(sent, chunk)
        made = OperationOutput(chunk, CHUNK, _require_expected(claim, chunk))
        return intermediates.keep(claim.film, made)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _require_expected(claim: TaskClaim, chunk: Path) -> int:
    """How many pictures it has. Raises NotAccepted."""
    from operations.chunks import frames_of, read_header, require_count
    from operations.errors import OperationError
    from operations.kinds.interpolate import interpolated_header
    from operations.kinds.upscale import enlarged_header
    from operations.parameters import complete_parameters
    from operations.registry import operation_named

    task = claim.task
    expected_of = {"interpolate": interpolated_header, "upscale": enlarged_header}[task.operation]
    parameters = complete_parameters(operation_named(task.operation), task.parameters)
    given = recorded_input(claim)
    try:
        expected, found = expected_of(read_header(given), parameters), read_header(chunk)
        if replace(found, cuts=()) != replace(expected, cuts=()):
            raise NotAccepted("It is not the part of the film that was asked for.")
        count = 0
        for frame in frames_of(chunk):
            count += 1
            if (frame.width, frame.height) != (found.width, found.height) or count > found.stored:
                raise NotAccepted("Its pictures are not as it says.")
        require_count(found, count)
    except OperationError as error:
        raise NotAccepted(str(error)) from error
    return count


def _link(source: Path, target: Path) -> None:
    """Another name of the same file where the disk can do that."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
