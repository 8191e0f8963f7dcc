"""What a recipe is, and all there are: each module in `films/recipes/` is one, by being there."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from lib.schemas import StrictSchema

from . import recipes

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from .models import Film, FilmTask
    from .plans import FilmPlan


class FilmSource(StrEnum):
    RUN = "run"
    UPLOAD = "upload"


def plans_nothing(_film: Film, _plan: FilmPlan) -> None:
    """Of a recipe that has said everything before."""


def never_expands(_film: Film, _plan: FilmPlan, _task: FilmTask) -> None:
    """Of a recipe without tasks that expand."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A way to make a film. `begin` plans the first tasks, `go_on` more once a task that expands is
    completed, `finish` those of the film itself once its preview was approved.

    `begin` raises `operations.errors.BadInput` with a sentence where no film can be made.
    """

    name: str
    title: StrPromise
    source: FilmSource
    options: type[StrictSchema]
    begin: Callable[[Film, FilmPlan], None]
    go_on: Callable[[Film, FilmPlan, FilmTask], None] = never_expands
    finish: Callable[[Film, FilmPlan], None] = plans_nothing


class UnknownRecipe(Exception):
    """There is no recipe of this name."""


@cache
def all_recipes() -> dict[str, Recipe]:
    """By their names."""
    found: dict[str, Recipe] = {}
    for module in pkgutil.iter_modules(recipes.__path__):
        recipe = importlib.import_module(f"{recipes.__name__}.{module.name}").RECIPE
        if recipe.name in found:
            raise ValueError(f"Two recipes are named {recipe.name}.")
        found[recipe.name] = recipe
    return found


def recipe_named(name: str) -> Recipe:
    """Raises UnknownRecipe."""
    try:
        return all_recipes()[name]
    except KeyError:
        raise UnknownRecipe(name) from None
