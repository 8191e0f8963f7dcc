"""The whole machine: pulled the plug on, and asked to end in the middle of a long call."""

from __future__ import annotations

import time

from rehearsal.stage import TEXT, Broken, Stage

from .base import Act


def power_cut(stage: Stage) -> str:
    runs = [stage.start(stage.network(f"Power cut {n}", TEXT)) for n in range(3)]
    stage.goes_on(*runs)

    began = time.monotonic()
    for process in stage.stack.everything():
        process.kill()
    stage.until(lambda: not stage.stack.everything(), 5, "everything is gone")
    before = stage.records.done(*runs)
    stage.stack.start()
    stage.goes_on(*runs)
    seconds = time.monotonic() - began

    for run in runs:
        stage.stop(run)
    return f"every process killed, started again: 3 runs went on by themselves after {seconds:.1f} s ({before} steps kept)"


def asked_to_end(stage: Stage) -> str:
    """SIGTERM in the middle of a call of a minute."""
    stage.provider.script("minute", {"seconds": 15})
    run = stage.start(stage.network("Asked to end", TEXT), "a moth #minute")
    followed = stage.provider.journal.count("followed")
    stage.until(lambda: stage.provider.journal.count("followed") > followed, 20, "it is followed")

    status, seconds = stage.stack.stop()
    stage.stack.start()

    if status != 0 or seconds > 10:
        raise Broken(f"it ended with {status} after {seconds:.1f} s")
    stage.goes_on(run, seconds=30)
    keys = [key for key, _ in stage.records.tries(run, 0)]
    asked = sum(entry.key in keys for entry in stage.provider.journal.entries("create"))
    if asked != 1:
        raise Broken(f"the call was made {asked} times")
    stage.stop(run)
    return f"ended after {seconds:.1f} s, handed its call over, and collected it later: paid once"


ACTS = (
    Act("machine-cut", "The power fails", (1, 2, 5), 90, power_cut),
    Act("machine-end", "It is asked to end during a call", (2, 5), 90, asked_to_end),
)
