"""Models that workers elsewhere offer, as the catalogue needs them.

This layer keeps no rows: `farm` says where they are read from (`read_from`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from .base import Model


@dataclass(frozen=True, slots=True)
class FarmModel:
    """A model of the farm, and why it cannot be asked now: a stored sentence, empty where it can."""

    model: Model
    problem: str = ""


FarmModels = Mapping[str, FarmModel]  # by the id of the model
_sources: list[Callable[[], FarmModels]] = []  # the last one counts


def read_from(source: Callable[[], FarmModels]) -> None:
    """Where they are read from, in the place of whatever was said before."""
    _sources[:] = [source]


def known() -> FarmModels:
    if not _sources:
        raise RuntimeError("platforms.farm_models.read_from has not been called yet.")
    return _sources[-1]()


@contextmanager
def known_temporarily(models: FarmModels) -> Iterator[None]:
    """For tests: these are known inside the block, whatever the database says."""
    _sources.append(lambda: models)
    try:
        yield
    finally:
        _sources.pop()
