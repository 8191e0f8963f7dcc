"""What accounts ask of the apps above them; panic/apps.py wires it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def _not_wired(*_: object) -> Any:
    raise NotImplementedError("A hook of accounts is not wired: panic/apps.py does that.")


@dataclass(slots=True)
class AccountHooks:
    user_created: Callable[[Any], object] = _not_wired  # within the transaction, with the User


hooks = AccountHooks()
