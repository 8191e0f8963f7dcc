"""What must be true of every history: pure functions that import nothing of the product."""

from __future__ import annotations

from .attempts import ATTEMPT_RULES
from .base import Invariant, Violation, check
from .charges import CHARGE_RULES
from .events import EVENT_RULES
from .farm import FARM_RULES
from .prompts import PROMPT_RULES
from .states import STATE_RULES
from .stops import STOP_RULES

__all__ = ["ALL", "Invariant", "Violation", "check"]

ALL: tuple[Invariant, ...] = (
    *PROMPT_RULES,
    *EVENT_RULES,
    *STATE_RULES,
    *ATTEMPT_RULES,
    *CHARGE_RULES,
    *STOP_RULES,
    *FARM_RULES,
)
