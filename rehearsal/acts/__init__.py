"""What is done to an installation while it plays: one file for each kind of trouble."""

from __future__ import annotations

from .base import Act

__all__ = ["Act"]
