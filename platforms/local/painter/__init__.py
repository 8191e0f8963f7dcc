"""The prompt painter: a picture computed from the words, the same for the same words."""

from __future__ import annotations

from .painting import paint

__all__ = ["paint"]
