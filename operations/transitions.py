"""How one still becomes the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .flow import Growing
from .planes import Plane, blended

Planes = Sequence[Plane]
PictureAt = Callable[
    [float], Planes
]  # from 0 (the first still) to 1 (the second one), neither included
Transition = Callable[[Planes, Planes], PictureAt]


def faded(first: Planes, second: Planes) -> PictureAt:
    """The second one shows through more and more."""
    return lambda moment: blended(first, second, moment)


def grown(first: Planes, second: Planes) -> PictureAt:
    """What is in the first one goes where it is in the second one, gently at both ends."""
    growing = Growing(first, second)
    return lambda moment: growing.at(eased(moment))


def eased(moment: float) -> float:
    """Nothing begins to move, or stops, all of a sudden: both pictures stand before and after."""
    return moment * moment * (3 - 2 * moment)
