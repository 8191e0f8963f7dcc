"""What baselines send: frames of the size of the product's, at the requested pace."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

# What follows the cursor in a frame of the product's, so that both sides send as many bytes.
REST = os.environ.get("BENCH_FRAME", "}")
_sent = 0


def welcome() -> str:
    return f'{{"type":"welcome","cursor":"bench:{_sent}"}}'


def frame(number: int) -> str:
    rest = REST.replace("Update 1.", f"Update {number}.")  # a change to render
    return f'{{"type":"event","cursor":"bench:{number}"{rest}'


async def publish_frames(
    query: Mapping[str, Sequence[str]], send: Callable[[str], Awaitable[None] | None]
) -> list[float]:
    """Send `times` frames, one every `every` seconds; returns the time before each."""
    global _sent
    every, stamps = float(query["every"][0]), []
    due = time.monotonic()
    for _ in range(int(query["times"][0])):
        due += every
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        _sent += 1
        text = frame(_sent)
        stamps.append(time.monotonic())
        if inspect.isawaitable(sending := send(text)):
            await sending
    return stamps
