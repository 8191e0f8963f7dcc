"""How long a film takes: said before anything is known, and right once something is."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from films import claims, load, orders, outcomes, progress
from films.models import Film, FilmTask, TaskAttempt, TaskPace
from films.outcomes import TaskResult
from films.pace import (
    BACKENDS,
    OFTEN,
    TYPICAL_SECONDS,
    USUAL_SLOWNESS,
    Paces,
    TimeGuess,
    likely_backend,
    way_of,
)
from films.plans import TaskWay
from films.progress import progress_of_film
from films.states import TaskState
from films.templatetags.films import time_left, time_taken
from invocations.models import Run
from invocations.states import RunState
from operations.parameters import complete_parameters
from operations.registry import operation_named, operations
from operations.weights import FOLDER_VARIABLE

SMALL, LARGE = "2^12", "2^21"
KNOWN = TaskWay("crossfade", LARGE, "morph")
OF_RUN = {"seconds": 20, "fade": 2, "width": 1920, "height": 1080}

pytestmark = pytest.mark.django_db


class Machine:
    """One that is slower than ours, by another factor in each operation."""

    start = 0.9  # seconds of each task

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        slowness = self._random.uniform(1.5, 6)
        self._rates = {
            key: typical * slowness * self._random.uniform(0.75, 1.3)
            for key, typical in TYPICAL_SECONDS.items()
        }

    def seconds(self, operation: str, parameters: Mapping[str, object], work: float) -> float:
        """A task, without what differs from one to the next."""
        return (
            self.start
            + self._rates[operation, likely_backend(operation, way_of(parameters))] * work
        )

    def carry_out(self, task: FilmTask) -> float:
        """As a worker would note it; how long it took."""
        took = self.seconds(task.operation, task.parameters, task.work)
        took *= self._random.uniform(0.85, 1.15)
        backend = likely_backend(task.operation, way_of(task.parameters))
        TaskPace.note(task.operation, task.size_class, backend, seconds=took, work=task.work)
        FilmTask.objects.filter(pk=task.pk).update(state=TaskState.COMPLETED)
        return took

    def has_made_small_films(self) -> None:
        for operation, backend in TYPICAL_SECONDS:
            work = 0.05
            took = self.start + self._rates[operation, backend] * work
            for _ in range(20):
                TaskPace.note(operation, SMALL, backend, seconds=took, work=work)


@pytest.fixture
def film_of_run(alice: User, pictured_run: Run) -> Film:
    return orders.order_film(
        owner=alice, run=pictured_run, recipe="film-of-run", options=OF_RUN, at=timezone.now()
    )


@pytest.fixture(autouse=True)
def one_place(
    settings: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.FILM_PROCESSES = 1  # type: ignore[attr-defined]
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "no-weights"))


@pytest.mark.parametrize("seed", range(4))
def test_time_left_of_a_large_film_is_honest_after_small_ones(seed: int, film_of_run: Film) -> None:
    machine = Machine(seed)
    machine.has_made_small_films()
    tasks = list(film_of_run.tasks.order_by("number"))
    truth = sum(machine.seconds(one.operation, one.parameters, one.work) for one in tasks)

    errors = []
    for number, task in enumerate(tasks):
        now = progress_of_film(film_of_run).left
        assert now is not None
        assert now.least <= truth <= now.most, (number, now, truth)
        errors.append(max(now.seconds / truth, truth / now.seconds))
        machine.carry_out(task)
        truth -= machine.seconds(task.operation, task.parameters, task.work)

    assert max(errors) < 8  # the machine is up to six times as slow, and nobody knows that yet
    assert max(errors[len(errors) // 3 :]) < 2


@pytest.mark.parametrize("seed", range(4))
def test_time_left_is_right_where_just_such_films_were_made(seed: int, film_of_run: Film) -> None:
    machine = Machine(seed)
    tasks = list(film_of_run.tasks.order_by("number"))
    for _ in range(3):
        for task in tasks:
            machine.carry_out(task)
    film_of_run.tasks.update(state=TaskState.READY)
    truth = sum(machine.seconds(one.operation, one.parameters, one.work) for one in tasks)

    guess = progress_of_film(film_of_run).left

    assert guess is not None
    assert abs(guess.seconds / truth - 1) < 0.15
    assert "about" in time_left(guess)


@pytest.mark.parametrize("slowness", [0.7, 6.0])
def test_first_film_of_a_machine_is_said_right_from_its_first_task_on(
    slowness: float, film_of_run: Film
) -> None:
    paces = Paces()
    tasks = film_of_run.tasks.all()
    typical = [
        paces.guess(TaskWay(one.operation, one.size_class, way_of(one.parameters)), one.work)
        for one in tasks
    ]
    truth = slowness / USUAL_SLOWNESS * sum(one.seconds for one in typical)
    before = progress_of_film(film_of_run).left
    begin_first_task(film_of_run, slowness=slowness, far=0.4)

    now = progress_of_film(film_of_run).left

    assert before is not None
    assert now is not None
    assert 0.7 < now.seconds / truth < 1.4
    assert now.least < truth < now.most
    assert now.most / now.least < before.most / before.least


def test_a_task_that_has_just_begun_says_nothing(film_of_run: Film) -> None:
    before = progress_of_film(film_of_run).left
    assert before is not None
    begin_first_task(film_of_run, slowness=1.0, far=0.001)

    now = progress_of_film(film_of_run).left

    assert now is not None
    assert 0.9 < now.seconds / before.seconds <= 1


def begin_first_task(film: Film, *, slowness: float, far: float) -> None:
    """It is so far, on a machine that is so much slower than ours."""
    claim = claims.claim_next_task(worker="here", at=timezone.now())
    assert claim is not None
    assert claim.film == film
    task = claim.task
    rate = TYPICAL_SECONDS[task.operation, likely_backend(task.operation, way_of(task.parameters))]
    took = 0.6 + rate * slowness * task.work * far
    began = timezone.now() - timedelta(seconds=took)
    TaskAttempt.objects.filter(pk=claim.attempt.pk).update(progress=far, started_at=began)


@pytest.mark.parametrize("way", [TaskWay("interpolate", LARGE), KNOWN])
def test_all_takes_longer_where_much_else_runs(
    way: TaskWay, monkeypatch: pytest.MonkeyPatch
) -> None:
    TaskPace.note("crossfade", LARGE, "flow", seconds=4, work=20)
    idle = Paces().guess(way, 200)
    monkeypatch.setattr(load, "busyness", lambda films: 4.0)

    busy = Paces().guess(way, 200)

    assert busy.seconds == pytest.approx(4 * idle.seconds)
    assert busy.most / busy.least > idle.most / idle.least


@pytest.mark.parametrize(("then", "now"), [(1.0, 8.0), (8.0, 1.0), (8.0, 8.0), (1.0, 1.0)])
def test_pace_that_was_measured_under_one_load_is_right_under_another(
    then: float, now: float, film_of_run: Film
) -> None:
    """A second for each megapixel where nothing else runs; an hour later another film is made."""
    for _ in range(OFTEN):
        complete_task(film_of_run, load=then, at=timezone.now() - timedelta(hours=1))
    complete_task(film_of_run, load=now, at=timezone.now())

    guess = Paces().guess(KNOWN, 100)

    assert 0.8 < guess.seconds / (now * 100) < 1.1
    assert guess.least < now * 100 < guess.most


def test_task_that_takes_longer_than_such_work_says_how_busy_the_machine_is(
    film_of_run: Film,
) -> None:
    for task in film_of_run.tasks.all():
        key = likely_backend(task.operation, way_of(task.parameters))
        for _ in range(OFTEN):
            TaskPace.note(task.operation, task.size_class, key, seconds=task.work, work=task.work)
    alone = progress_of_film(film_of_run).eta_seconds
    begin_first_task(film_of_run, slowness=6 / TYPICAL_SECONDS["crossfade", "flow"], far=0.5)

    beside_others = progress_of_film(film_of_run).eta_seconds

    assert alone is not None
    assert beside_others is not None
    assert 4 < beside_others / alone < 6


@pytest.mark.parametrize(("met", "alone", "shared"), [(1.0, 1.0, 1.0), (8.0, 4.0, 8.0)])
def test_task_that_is_alone_has_all_that_others_leave_to_films(
    met: float, alone: float, shared: float
) -> None:
    of_machine = load.MachineLoad(timezone.now(), places=2)
    of_machine.meet("caption", met * 10_000, 10_000)

    assert of_machine.load_of("mux").factor == pytest.approx(alone, rel=0.01)
    assert of_machine.load_of("crossfade").factor == pytest.approx(shared, rel=0.01)

    again = load.MachineLoad(timezone.now(), places=2)
    again.meet("mux", alone * 10_000, 10_000)
    assert again.load_of("crossfade").factor == pytest.approx(shared, rel=0.01)


def test_progress_of_a_task_that_ends_just_then_does_not_jump_back(
    film_of_run: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends after its state was read, and before it is looked up who is at work."""
    begin_first_task(film_of_run, slowness=1.0, far=0.9)
    before = progress_of_film(film_of_run).fraction
    (attempt,) = TaskAttempt.objects.all()
    claim = claims.TaskClaim(film_of_run, attempt.task, attempt)
    look_up = progress._running

    def too_late(keys: list[int]) -> list[progress.TaskAtWork]:
        took = TYPICAL_SECONDS["crossfade", "flow"] * attempt.task.work
        outcomes.complete(claim, TaskResult([], "flow", "", {}, took), at=timezone.now())
        return look_up(keys)

    monkeypatch.setattr(progress, "_running", too_late)

    assert progress_of_film(film_of_run).fraction > 0.9 * before > 0


def complete_task(film: Film, *, load: float, at: datetime) -> None:
    """As a worker on this machine would: 100 megapixels of crossfade, a second each."""
    FilmTask.objects.filter(film=film, state=TaskState.COMPLETED).update(state=TaskState.READY)
    film.tasks.filter(operation="crossfade").update(size_class=LARGE, work=100.0)
    claim = claims.claim_next_task(worker="here", at=at - timedelta(seconds=100 * load))
    assert claim is not None
    assert claim.task.operation == "crossfade"
    outcomes.complete(claim, TaskResult([], "flow", "", {}, 100 * load, load=load), at=at)


def test_small_tasks_say_nothing_of_large_ones() -> None:
    way = TaskWay("crossfade", LARGE, "fade")
    before = Paces().guess(way, 200)
    TaskPace.note("crossfade", SMALL, "numpy", seconds=1.2, work=0.05)

    after = Paces().guess(way, 200)

    assert after == before


def test_the_nearest_size_of_the_same_backend_counts() -> None:
    for size, seconds in (("2^17", 9.0), ("2^20", 0.4), (LARGE, 0.1)):
        TaskPace.note("interpolate", size, "minterpolate", seconds=seconds * 20, work=20)
    TaskPace.note("interpolate", "2^22", "rife", seconds=600, work=20)

    guess = Paces().guess(TaskWay("interpolate", "2^23"), 100)

    assert 7.5 < guess.seconds < 7.7  # 0.1 less 0.6 / 20, and a start
    assert guess.least < guess.seconds < guess.most


def test_two_places_share_what_can_be_shared(
    film_of_run: Film, settings: pytest.FixtureRequest
) -> None:
    alone = progress_of_film(film_of_run).eta_seconds
    settings.FILM_PROCESSES = 2  # type: ignore[attr-defined]
    beside_a_ring = progress_of_film(film_of_run).eta_seconds
    Run.objects.update(state=RunState.COMPLETED, ended_at=timezone.now())

    shared = progress_of_film(film_of_run).eta_seconds

    assert alone is not None
    assert beside_a_ring == alone
    assert shared is not None
    assert alone / 2 < shared < alone


def test_bounds_that_are_far_apart_are_said_in_words() -> None:
    assert time_left(TimeGuess(600, 480, 750)) == "about 10 minutes left"
    assert time_left(TimeGuess(600, 150, 2400)) == "2 minutes to 40 minutes left"
    assert time_left(TimeGuess(30, 24, 40)) == "less than a minute left"
    assert time_left(TimeGuess(3600, 1200, 4 * 3600)) == "20 minutes to 4 hours left"
    assert time_left(None) == ""
    assert time_taken(TimeGuess(600, 150, 2400)) == "2 minutes to 40 minutes"
    assert time_taken(TimeGuess(30, 24, 40)) == "1 minute"
    assert time_taken(TimeGuess(20, 5, 70)) == "1 minute"  # and not “1 minute to 1 minute”


def test_likely_backends_are_those_of_the_operations() -> None:
    """Without the extra, as here; what needs it is named as the table says."""
    for operation in map(operation_named, operations()):
        for parameter in operation.parameters:
            if parameter.name not in ("method", "transition"):
                continue
            for choice in parameter.choices:
                values = complete_parameters(operation, {parameter.name: choice})
                serving = [one for one in operation.backends if one.serves(values)]
                here = next(one for one in serving if not one.missing(values))
                assert likely_backend(operation.name, choice) == here.name
                best = BACKENDS.get((operation.name, choice), BACKENDS[operation.name, ""])
                assert best == serving[0].name
                assert (operation.name, best) in TYPICAL_SECONDS


def test_work_whose_size_is_not_known_has_a_guess_too() -> None:
    TaskPace.note("upscale", "2^20", "lanczos", seconds=40, work=10)

    assert Paces().guess(TaskWay("upscale", ""), 10).seconds > 0
