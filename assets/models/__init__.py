"""Pieces of media."""

from __future__ import annotations

from .asset import Asset
from .hold import RetentionHold

__all__ = ["Asset", "RetentionHold"]
