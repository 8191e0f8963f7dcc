"""Refusals go out one after the other, and more slowly to each."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from farm.refusals import MOST_SECONDS, PER_SECOND, PER_SECOND_OF_ONE, RefusalPace


def test_refusals_take_turns(monkeypatch: Any) -> None:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    async def flood() -> None:
        pace = RefusalPace(lambda: 5.0)
        for number in range(20 * PER_SECOND):
            await pace.wait(f"address {number}")

    monkeypatch.setattr("farm.refusals.asyncio.sleep", note)
    asyncio.run(flood())

    assert len(waited) == 20 * PER_SECOND - 1, "the first one waits for nobody"
    assert waited[PER_SECOND - 1] == pytest.approx(1.0)
    assert max(waited) == pytest.approx(MOST_SECONDS)


def test_who_floods_waits_behind_itself(monkeypatch: Any) -> None:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    async def flood() -> None:
        pace = RefusalPace(lambda: 5.0)
        for _ in range(PER_SECOND_OF_ONE + 1):
            await pace.wait("eve")
        await pace.wait("bob")

    monkeypatch.setattr("farm.refusals.asyncio.sleep", note)
    asyncio.run(flood())

    assert waited[PER_SECOND_OF_ONE - 1] == pytest.approx(1.0)
    assert waited[-1] < 0.1
