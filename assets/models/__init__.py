"""Pieces of media."""

from __future__ import annotations

from .asset import Asset
from .hold import RetentionHold
from .removal_turn import RemovalTurn

__all__ = ["Asset", "RemovalTurn", "RetentionHold"]
