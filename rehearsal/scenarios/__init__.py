"""The faults that are injected into a running stack: a module for each kind."""

from __future__ import annotations

from .base import Scenario

__all__ = ["Scenario"]
