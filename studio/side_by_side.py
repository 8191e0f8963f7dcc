"""The two runs of a pair as tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import tiles
from .tiles import Tile, TileOptions

if TYPE_CHECKING:
    from invocations.models import Run
    from observatory.partings import Parting, PromptWord


@dataclass(frozen=True, slots=True)
class TiledSide:
    """What templates need of one of the two. `number`: 1 or 2."""

    number: int
    run: Run
    prompt: list[PromptWord]
    tiles: list[Tile]


def tiled_sides(parting: Parting, options: TileOptions) -> list[TiledSide]:
    return [
        TiledSide(
            number,
            side.run,
            list(side.prompt),
            [
                tiles.step_tile(step, id=f"pair-{number}-{at}", options=options)
                for at, step in enumerate(side.steps)
            ],
        )
        for number, side in enumerate(parting.sides, start=1)
    ]
