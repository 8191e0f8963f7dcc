"""What a hook is until a higher app has handed in its function."""

from __future__ import annotations

from typing import Any


def not_wired(*_: object) -> Any:
    raise NotImplementedError("A hook is not wired: panic/apps.py does that.")
