"""The database is locked for ten seconds while prompts and stops come in."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from rehearsal.stack import TEXT, Broken, RehearsalStack

from .base import Scenario, Skipped

LOCKED_SECONDS = 10.0


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


def lock_database(stack: RehearsalStack) -> str:
    if not isinstance(stack.records.database, Path):
        raise Skipped("only SQLite has one lock for all")
    runs = [stack.start_run(stack.create_network(f"Locked {n}", TEXT)) for n in range(3)]
    fresh = [stack.create_network(f"Prompted while locked {n}", TEXT) for n in range(3)]
    stack.await_progress(*runs)
    *going, to_stop = runs

    with ThreadPoolExecutor(5) as pool:
        with locked(stack.records.database, LOCKED_SECONDS):
            time.sleep(1)
            stopping = pool.submit(stack.stop_run, to_stop)
            submitted = [
                pool.submit(stack.submit_prompt, slug, "a moth in amber") for slug in fresh
            ]
        answers = [one.result() for one in submitted]
        stopped = stopping.result().status_code

    accepted = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    if len(accepted) < len(fresh):
        raise Broken(f"prompts were answered with {[a.status_code for a in answers]}")
    if stopped != 200:
        raise Broken(f"a stop was answered with {stopped}")
    seconds = stack.await_progress(*going, *accepted)
    for run in [*going, *accepted]:
        stack.stop_run(run)
    return f"{LOCKED_SECONDS:.0f} s: {len(accepted)} prompts and a stop were accepted afterwards; on after {seconds:.1f} s"


SCENARIOS = (Scenario("locked", "The database is locked", (1, 4, 5), 90, lock_database),)
