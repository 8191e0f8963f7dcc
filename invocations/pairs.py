"""Two runs beside each other, step by step: what became of the same words the second time."""

from __future__ import annotations

from dataclasses import dataclass

from networks.models import Person
from networks.paging import Paging

from . import past, tiles
from .models import Run
from .past import Wanted
from .tiles import Look, Tile

ROWS = 24  # on a page
OTHERS = 24  # to choose from


@dataclass(frozen=True, slots=True)
class Pair:
    """What both runs gave at one place; None where one has not come that far."""

    sequence: int
    sides: tuple[Tile | None, Tile | None]


def others(run: Run, person: Person) -> list[Run]:
    """Runs that began with the very same words, as far as the person may see them."""
    seen = Run.objects.visible_to(person).select_related("network").with_totals()
    wanted = Wanted(words=run.prompt, prompt_of=run)
    found, _ = past.page(seen, wanted, Paging(after=None, cursor=None, limit=OTHERS))
    return found


def pairs(one: Run, other: Run, *, first: int) -> list[Pair]:
    """The steps of both from `first` on, aligned by their number; at most `ROWS`."""
    left, right = _tiles(one, first), _tiles(other, first)
    return [Pair(n, (left.get(n), right.get(n))) for n in sorted(left.keys() | right.keys())]


def _tiles(run: Run, first: int) -> dict[int, Tile]:
    steps = run.invocations.select_related("input_asset", "output_asset").in_order()
    look = Look(lazy=True)
    shown = steps.filter(sequence__gte=first, sequence__lt=first + ROWS)
    return {step.sequence: tiles.of_step(step, look=look) for step in shown}
