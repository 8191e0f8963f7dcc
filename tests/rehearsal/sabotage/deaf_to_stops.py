"""A stop closes the rows; nobody looks for it before or while a provider is asked."""

from __future__ import annotations

import asyncio
from types import ModuleType

TARGET = "invocations.engine.calls"

BUSY = 0.4  # seconds that a worker is held up between claim and request


def apply(module: ModuleType) -> None:
    async def deaf(claim: object, cancelled: asyncio.Event, desk: object) -> None:
        await asyncio.sleep(BUSY)
        cancelled.clear()

    module._check_once_more = deaf  # type: ignore[attr-defined]
    module._look_for_a_stop = deaf  # type: ignore[attr-defined]
