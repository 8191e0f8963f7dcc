"""A step that takes its worker down, again and again: it alone is put away."""

from __future__ import annotations

from rehearsal.stage import TEXT, Broken, Stage

from .base import Act

DEATHS = 3


def play(stage: Stage) -> str:
    """The provider never answers the request, and whoever makes it dies of it."""
    neighbour = stage.start(stage.network("Beside the poison", TEXT))
    stage.provider.script("poison", *[{"error": "hang"}] * DEATHS)
    run = stage.start(stage.network("Poison", TEXT), "a moth #poison")
    for death in range(1, DEATHS + 1):
        stage.until(lambda n=death: _asked(stage, run) >= n, 25, f"request {death} is made")  # type: ignore[misc]
        stage.kill_worker(stage.records.holders(run)[run])

    stage.until(lambda: stage.records.run_state(run)[0] == "failed", 20, "the step is put away")

    if (reason := stage.records.run_state(run)[1]) != "poison":
        raise Broken(f"the run failed for {reason}")
    seconds = stage.goes_on(neighbour)
    stage.stop(neighbour)
    return f"in quarantine after {DEATHS} deaths; its neighbour goes on ({seconds:.1f} s)"


def _asked(stage: Stage, run: str) -> int:
    keys = {key for key, _ in stage.records.tries(run, 0)}
    return sum(entry.key in keys for entry in stage.provider.journal.entries("create"))


ACTS = (Act("poison", "A step that kills its worker", (5,), 120, play),)
