"""Stop, at any moment of a step: nothing begins after it, and what runs is cancelled."""

from __future__ import annotations

import random
import time

from rehearsal.stage import CAPTION, IMAGE, TEXT, Broken, Stage

from .base import Act

SETTLED = 5.0  # seconds a cancel may take to reach the provider


def at_random(stage: Stage, times: int = 24) -> str:
    rings = [(TEXT,), (IMAGE, CAPTION)]
    slugs = [stage.network(f"Stopped {n}", *ring) for n, ring in enumerate(rings)]
    for number in range(times):
        run = stage.start(slugs[number % 2])
        time.sleep(random.uniform(0, 0.9))
        if (answer := stage.stop(run)).status_code != 200:
            raise Broken(f"a stop was answered with {answer.status_code}: {answer.text[:200]}")
    stage.until(lambda: not stage.records.at_work_in(slugs), SETTLED + 5, "every call has ended")
    uncertain = stage.records.outcomes_in(slugs)["uncertain"]
    return f"{times} stops at random; every call ended, {uncertain} with an uncertain charge"


def twice(stage: Stage) -> str:
    run = stage.start(stage.network("Stopped twice", TEXT))
    first, second = stage.stop(run), stage.stop(run)
    if (first.status_code, second.status_code) != (200, 409):
        raise Broken(f"two stops were answered {first.status_code} and {second.status_code}")
    if second.json().get("code") != "illegal_state":
        raise Broken(f"the second stop was answered {second.text[:200]}")
    return "the second one is told 409 illegal_state"


def and_prompt(stage: Stage) -> str:
    """Stop, and Enter in the same second."""
    slug = stage.network("Stopped and prompted", TEXT)
    for _ in range(5):
        run = stage.start(slug)
        stage.stop(run)
        stage.goes_on(stage.start(slug))
    stage.ask("POST", f"networks/{slug}/stop")
    return "5 times: the new run goes on, the old one stays stopped"


def at_the_provider(stage: Stage) -> str:
    """A call of a minute is cancelled where it runs."""
    stage.provider.script("long", {"seconds": 60})
    run = stage.start(stage.network("Cancelled", TEXT), "a moth #long")
    reference = stage.until(lambda: stage.records.reference(run), 20, "the call is under way")
    began = time.monotonic()
    stage.stop(run)

    def told() -> bool:
        return any(entry.id == reference for entry in stage.provider.journal.entries("cancel"))

    stage.until(told, SETTLED, "the provider hears of it")
    return f"the provider was told after {(time.monotonic() - began) * 1000:.0f} ms"


ACTS = (
    Act("stop-random", "Stop at any instant", (4,), 120, at_random),
    Act("stop-twice", "Stop twice", (4,), 60, twice),
    Act("stop-prompt", "Stop and Enter in the same second", (1, 4), 120, and_prompt),
    Act("stop-provider", "Stop reaches the provider", (4,), 60, at_the_provider),
)
