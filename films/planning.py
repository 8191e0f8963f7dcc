"""The tasks of a film as rows: written, made ready once what they need is there, and made again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from realtime import wakeup

from . import intermediates
from .models import Film, FilmTask
from .plans import FilmPlan
from .recipe import recipe_named
from .states import TaskState

Reference = tuple[int, int]  # a task and one of its outputs
ALL = -1  # for the number of an output
WAKE_UP = "films"


def begin(film: Film) -> int:
    """Plan a new film; about how many bytes its intermediate files will take. Within the transaction that
    writes it. Raises BadInput."""
    plan = FilmPlan()
    recipe_named(film.recipe).begin(film, plan)
    write(film, plan)
    film.note_plan(provenance=film.provenance)
    return plan.bytes


def go_on(film: Film, done: FilmTask) -> None:
    """After a task is completed: what its recipe plans now, and what is ready. Within its transaction."""
    if done.expands and not done.expanded:
        plan = FilmPlan(first=_next_number(film))
        recipe_named(film.recipe).go_on(film, plan, done)
        done.note_expanded()
        write(film, plan)
    make_ready(film)
    _drop_consumed(film, done)


def finish(film: Film) -> None:
    """Plan the film itself, once its preview was approved."""
    plan = FilmPlan(first=_next_number(film))
    recipe_named(film.recipe).finish(film, plan)
    write(film, plan)


def write(film: Film, plan: FilmPlan) -> None:
    for task in plan.tasks:
        task.film = film
    FilmTask.objects.bulk_create(plan.tasks)
    chapters = {} if plan.chapters is None else {"chapters": plan.chapters}
    film.note_plan(forecast=plan.forecast, **chapters)
    make_ready(film)


def make_ready(film: Film) -> None:
    """Waiting tasks become ready where all that they need is completed."""
    tasks = list(film.tasks.only("pk", "number", "state", "inputs"))
    completed = {one.number for one in tasks if one.state == TaskState.COMPLETED}
    ready = [one.pk for one in tasks if one.state == TaskState.WAITING and one.needs <= completed]
    FilmTask.objects.filter(pk__in=ready, state=TaskState.WAITING).update(state=TaskState.READY)
    if ready:
        wake_workers()


def wake_workers() -> None:
    """Once the transaction is over; the queue starts one where none is at work."""
    transaction.on_commit(lambda: wakeup.notify(WAKE_UP))


def make_again(film: Film, numbers: Iterable[int]) -> None:
    """What these completed tasks have made is gone."""
    lost = film.tasks.numbered(numbers).filter(state=TaskState.COMPLETED)
    for task in lost:
        task.move(TaskState.WAITING)
    make_ready(film)


def ask_again(film: Film) -> None:
    """All that has failed or was cancelled; what is completed stays."""
    ended = (TaskState.FAILED, TaskState.CANCELLED)
    film.tasks.filter(state__in=ended).update(
        state=TaskState.WAITING, failures=0, losses=0, error="", error_code="", due_at=None
    )
    make_ready(film)


def _next_number(film: Film) -> int:
    last = film.tasks.order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def _drop_consumed(film: Film, done: FilmTask) -> None:
    """Remove the inputs of a task that no other one waits for: the disk holds what is still needed.

    Not before the preview was approved: the film is made of the same chunks.
    """
    if film.wants_approval:
        return
    needed = Counter(
        reference
        for task in film.tasks.open().only("inputs")
        for reference in _references(task.inputs)
    )
    for producer in film.tasks.numbered(done.needs):
        if needed[producer.number, ALL]:
            continue
        consumed = {
            output["sha256"]: output
            for position, output in enumerate(producer.outputs)
            if _is_input(done, producer.number, position)
            and not needed[producer.number, position]
            and not output.get("removed")
        }
        if consumed:
            for output in consumed.values():
                intermediates.remove(film, output)
            producer.note_removed(consumed.keys())
            film.note_bytes(-sum(one["bytes"] for one in consumed.values()))


def _references(inputs: list[dict[str, Any]]) -> list[Reference]:
    return [(one["task"], one.get("output", ALL)) for one in inputs if "task" in one]


def _is_input(task: FilmTask, number: int, output: int) -> bool:
    return any(one in ((number, ALL), (number, output)) for one in _references(task.inputs))
