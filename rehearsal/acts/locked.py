"""The database is locked for ten seconds while prompts and stops come in."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from rehearsal.stage import TEXT, Broken, Stage

from .base import Act, NotPlayed

LOCKED = 10.0


@contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Hold SQLite's write lock from before the block until `seconds` later."""
    holding, over = threading.Event(), threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            holding.set()
            over.wait(seconds)
            database.execute("ROLLBACK")

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        if not holding.wait(20):
            raise Broken("the database could not be locked")
        yield
    finally:
        holder.join()


def play(stage: Stage) -> str:
    if not isinstance(stage.records.place, Path):
        raise NotPlayed("only SQLite has one lock for all")
    runs = [stage.start(stage.network(f"Locked {n}", TEXT)) for n in range(3)]
    fresh = [stage.network(f"Pressed while locked {n}", TEXT) for n in range(3)]
    stage.goes_on(*runs)
    *going, to_stop = runs

    with ThreadPoolExecutor(5) as pool:
        with locked(stage.records.place, LOCKED):
            time.sleep(1)
            stopping = pool.submit(stage.stop, to_stop)
            pressed = [pool.submit(stage.press, slug, "a moth in amber") for slug in fresh]
        answers = [one.result() for one in pressed]
        stopped = stopping.result().status_code

    accepted = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    if len(accepted) < len(fresh):
        raise Broken(f"prompts were answered with {[a.status_code for a in answers]}")
    if stopped != 200:
        raise Broken(f"a stop was answered with {stopped}")
    seconds = stage.goes_on(*going, *accepted)
    for run in [*going, *accepted]:
        stage.stop(run)
    return f"{LOCKED:.0f} s: {len(accepted)} prompts and a stop waited it out; on after {seconds:.1f} s"


ACTS = (Act("locked", "The database is locked", (1, 4, 5), 90, play),)
