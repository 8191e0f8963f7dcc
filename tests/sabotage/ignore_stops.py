"""A stop updates the rows, but no worker checks for it before or during a provider call."""

from __future__ import annotations

import asyncio
from types import ModuleType

TARGET = "invocations.engine.calls"

DELAY_SECONDS = 0.4  # between claim and request


def apply(module: ModuleType) -> None:
    async def ignore_stop(claim: object, cancelled: asyncio.Event, threads: object) -> None:
        await asyncio.sleep(DELAY_SECONDS)
        cancelled.clear()

    module._check_stale_claim = ignore_stop  # type: ignore[attr-defined]
    module._check_for_stop = ignore_stop  # type: ignore[attr-defined]
