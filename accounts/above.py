"""What the layers above do when something happens to an account; panic/ hands it in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import User


@dataclass(slots=True)
class Above:
    joined: Callable[[User], object] = lambda user: None  # has an account from now on


above = Above()
