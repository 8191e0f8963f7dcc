"""Pieces of media."""

from __future__ import annotations

from .asset import Asset

__all__ = ["Asset"]
