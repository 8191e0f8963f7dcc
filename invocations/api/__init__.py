"""Runs, their steps, the red button and the house's own model servers over HTTP."""

from __future__ import annotations

from ninja import Router

from . import bundles, costs, halts, keepsakes, machines, runs, steps, warmth

__all__ = ["routers"]


def routers() -> list[Router]:
    return [
        runs.routes,
        steps.routes,
        keepsakes.routes,
        bundles.routes,
        halts.routes,
        costs.routes,
        machines.routes,
        warmth.routes,
    ]
