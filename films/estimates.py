"""How long a film would be, how long making it would take, and how much room that needs: before it is ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from invocations.models import Run

from . import orders
from .models import Film
from .pace import Paces, TimeGuess, total, way_of
from .plans import FilmPlan, TaskWay
from .recipe import recipe_named


@dataclass(frozen=True, slots=True)
class FilmEstimate:
    """`seconds` are of the film, `working` of making it by one process, `bytes` of its intermediate files."""

    seconds: float
    working: TimeGuess
    bytes: int
    scenes: int


def estimate_film_of_run(run: Run, owner: User, options: Mapping[str, Any]) -> FilmEstimate:
    """Nothing is written. Raises BadInput with a sentence where no film can be made, or Invalid."""
    recipe = recipe_named("film-of-run")
    film = Film(
        owner=owner,
        run=run,
        recipe=recipe.name,
        options=orders.checked_options(recipe, options) | {"approve": False},
        provenance=orders.source_facts(run, None),
    )
    plan = FilmPlan()
    recipe.begin(film, plan)
    paces = Paces()
    working = total(
        paces.guess(TaskWay(task.operation, task.size_class, way_of(task.parameters)), task.work)
        for task in plan.tasks
    )
    stills = [task for task in plan.tasks if task.operation == "crossfade"]
    length = sum(sum(task.parameters["seconds"]) for task in stills)
    return FilmEstimate(length, working, plan.bytes, len(stills))
