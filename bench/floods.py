"""Floods of calls to the farm's API, as a program: `python -m bench.floods PORT KIND SECRET`, until it is killed.

It prints a line once it has begun. As many connections as `CONNECTIONS`, each of which calls again as soon as it is answered,
whatever it is told to wait.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from typing import Any

from bench.idle_workers import OFFER, WorkerCalls

CONNECTIONS = 64
NICENESS = 19  # what the flood itself takes of the machine is not measured
KINDS = ("claims", "waits", "guesses", "stale")


async def flood(port: int, kind: str, secret: str) -> None:
    if kind != "guesses":
        own = await WorkerCalls.open("127.0.0.1", port, secret)
        await own.post("sign-on", {"session": "flood", "offers": [OFFER]})
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    await asyncio.gather(*(_call_for_ever(port, kind, secret) for _ in range(CONNECTIONS)))


async def _call_for_ever(port: int, kind: str, secret: str) -> None:
    while True:
        mine = f"worker_{secrets.token_hex(8)}" if kind == "guesses" else secret
        calls = await WorkerCalls.open("127.0.0.1", port, mine)
        try:
            for _ in range(1 if kind == "guesses" else 1000):
                await calls.post(*_call(kind))
        except (OSError, EOFError):
            pass
        finally:
            calls.close()


def _call(kind: str) -> tuple[str, dict[str, Any]]:
    """Each claim is another one, so that none is answered from memory."""
    if kind == "stale":
        return f"attempts/{secrets.token_hex(8)}/renew", {}
    seconds = 25 if kind == "waits" else 0
    body = {"slots": 1, "wait_seconds": seconds, "holding": [secrets.token_hex(8)]}
    return "claim", body


if __name__ == "__main__":
    os.nice(NICENESS)
    asyncio.run(flood(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
