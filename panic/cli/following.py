"""Listening: steps and events as they come. Whatever happens to the line, nothing is left out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from .client import Client, Json, Refused, Unreachable, path

LOOK_EVERY = 0.5  # seconds
RESTS = 5.0  # seconds before the next try of a server that is away
OVER = ("completed", "failed", "cancelled")
LIVE = ("running", "paused")


def steps(client: Client, run: str, after: int) -> Iterator[Json]:
    """Each step of a run once it is over, in their order, until the run has ended."""
    ended = False
    while True:
        at_work = False
        for step in client.items(path("runs", run, "invocations"), after=after):
            if step["state"] not in OVER:
                at_work = True
                break
            after = step["sequence"]
            yield step
        if ended:
            return
        ended = client.get(path("runs", run))["state"] not in LIVE  # one more look: the last steps
        if not ended or at_work:
            time.sleep(LOOK_EVERY)


def newest(client: Client, topic: str) -> str | None:
    """The cursor of the newest event; None where there has not been one."""
    found = None
    for event in client.items("events", topic=topic):
        found = str(event["cursor"])
    return found


def events(client: Client, topic: str, after: str | None, *, every: float) -> Iterator[Json]:
    """Each event after the cursor, for ever; a server that is away is waited for."""
    while True:
        try:
            for event in client.items("events", topic=topic, after=after):
                after = str(event["cursor"])
                yield event
        except Unreachable as trouble:
            _tell(f"{trouble} Trying again.")
            time.sleep(RESTS)
        except Refused as refusal:
            if refusal.code != "resync" or after is None:
                raise
            _tell("Some events are not kept any more; going on with the oldest that are.")
            after = None
        time.sleep(every)


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
