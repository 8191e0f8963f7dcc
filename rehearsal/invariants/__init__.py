"""What must be true of every history, whatever happened: pure functions, no product imported."""

from __future__ import annotations

from .base import Invariant, Violation, check
from .charges import CHARGES
from .log import LOG
from .prompts import PROMPTS
from .states import STATES
from .stops import STOPS
from .tries import TRIES

__all__ = ["ALL", "Invariant", "Violation", "check"]

ALL: tuple[Invariant, ...] = (*PROMPTS, *LOG, *STATES, *TRIES, *CHARGES, *STOPS)
