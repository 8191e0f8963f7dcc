"""An act: what is broken, which promises that attacks, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.stage import Stage


@dataclass(frozen=True, slots=True)
class Act:
    """`play` returns a sentence about how it went, or raises Broken (or NotPlayed)."""

    name: str  # what one types: `--only kills`
    title: str
    promises: tuple[int, ...]
    limit: float  # seconds; longer is a failure, however it ended
    play: Callable[[Stage], str]


class NotPlayed(Exception):
    """This machine cannot do what the act needs; `str(error)` says what is missing."""
