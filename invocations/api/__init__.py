"""Runs, their steps and the red button over HTTP."""

from __future__ import annotations

from ninja import Router

from . import costs, halts, keepsakes, runs, steps

__all__ = ["routers"]


def routers() -> list[Router]:
    return [runs.routes, steps.routes, keepsakes.routes, halts.routes, costs.routes]
