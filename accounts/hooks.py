"""What accounts ask of the apps above them; panic/apps.py wires it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.unwired import not_wired


@dataclass(slots=True)
class AccountHooks:
    user_created: Callable[[Any], object] = not_wired  # within the transaction, with the User


hooks = AccountHooks()
