"""A scenario: the fault it injects, the promises that the fault attacks, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.stack import RehearsalStack


@dataclass(frozen=True, slots=True)
class Scenario:
    """`run` returns a sentence about the outcome, or raises Broken (or Skipped)."""

    name: str  # what `--only` takes
    title: str
    promises: tuple[int, ...]
    limit_seconds: float  # taking longer is a failure
    run: Callable[[RehearsalStack], str]


class Skipped(Exception):
    """This machine cannot do what the scenario needs; `str(error)` says what is missing."""
