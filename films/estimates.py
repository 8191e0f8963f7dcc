"""How long a film would be, how long making it would take, and how much room that needs: before it is ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from invocations.models import Run

from . import orders
from .models import Film, Upload
from .pace import Paces, TimeGuess, way_of
from .plans import FilmPlan, TaskWay
from .progress import Crowd, expected
from .recipe import Recipe, recipe_named


@dataclass(frozen=True, slots=True)
class FilmEstimate:
    """`seconds` are of the film (None: as long as its clip), `working` of making it, by the clock, `bytes` of its
    intermediate files; `scenes` of a run."""

    seconds: float | None
    working: TimeGuess
    bytes: int
    scenes: int


def estimate_film_of_run(run: Run, owner: User, options: Mapping[str, Any]) -> FilmEstimate:
    """Nothing is written. Raises BadInput with a sentence where no film can be made, or Invalid."""
    plan, working = _estimate(recipe_named("film-of-run"), options, owner=owner, run=run)
    stills = [task for task in plan.tasks if task.operation == "crossfade"]
    length = sum(sum(task.parameters["seconds"]) for task in stills)
    return FilmEstimate(length, working, plan.bytes, len(stills))


def estimate_film_of_clip(
    upload: Upload, owner: User, recipe: str, options: Mapping[str, Any]
) -> FilmEstimate:
    """The same of a clip that has come."""
    plan, working = _estimate(recipe_named(recipe), options, owner=owner, upload=upload)
    return FilmEstimate(None, working, plan.bytes, 0)


def _estimate(
    recipe: Recipe, options: Mapping[str, Any], **source: Any
) -> tuple[FilmPlan, TimeGuess]:
    checked = orders.checked_options(recipe, options) | {"approve": False}
    facts = orders.source_facts(source.get("run"), source.get("upload"))
    film = Film(recipe=recipe.name, options=checked, provenance=facts, **source)
    plan = FilmPlan()
    recipe.begin(film, plan)
    crowd = Crowd.now(more=1)
    paces = Paces(crowd.places)
    ways = [
        (TaskWay(task.operation, task.size_class, way_of(task.parameters)), task.work)
        for task in plan.tasks
    ]
    guesses = [(way, paces.guess(way, work)) for way, work in ways]
    return plan, crowd.share([*guesses, *expected(plan.forecast, paces)])
