"""Stop at any moment of a step: no call begins after it, and running calls are cancelled."""

from __future__ import annotations

import random
import time

from rehearsal.stack import CAPTION, IMAGE, TEXT, Broken, RehearsalStack

from .base import Scenario

CANCEL_SECONDS = 5.0  # until a cancel has reached the provider


def stop_at_random(stack: RehearsalStack, times: int = 24) -> str:
    slots = [(TEXT,), (IMAGE, CAPTION)]
    slugs = [stack.create_network(f"Stopped {n}", *models) for n, models in enumerate(slots)]
    for number in range(times):
        run = stack.start_run(slugs[number % 2])
        time.sleep(random.uniform(0, 0.9))
        if (answer := stack.stop_run(run)).status_code != 200:
            raise Broken(f"a stop was answered with {answer.status_code}: {answer.text[:200]}")
    stack.await_condition(
        lambda: not stack.records.count_live_attempts_in(slugs),
        CANCEL_SECONDS + 5,
        "every call has ended",
    )
    uncertain = stack.records.outcomes_in(slugs)["uncertain"]
    return f"{times} stops at random; every call ended, {uncertain} with an uncertain charge"


def stop_twice(stack: RehearsalStack) -> str:
    run = stack.start_run(stack.create_network("Stopped twice", TEXT))
    first, second = stack.stop_run(run), stack.stop_run(run)
    if (first.status_code, second.status_code) != (200, 409):
        raise Broken(f"two stops were answered {first.status_code} and {second.status_code}")
    if second.json().get("code") != "illegal_state":
        raise Broken(f"the second stop was answered {second.text[:200]}")
    return "the second one is answered 409 illegal_state"


def stop_and_prompt(stack: RehearsalStack) -> str:
    """Stop and a new prompt in the same second."""
    slug = stack.create_network("Stopped and prompted", TEXT)
    for _ in range(5):
        run = stack.start_run(slug)
        stack.stop_run(run)
        stack.await_progress(stack.start_run(slug))
    stack.request("POST", f"networks/{slug}/stop")
    return "5 times: the new run goes on, the old one stays stopped"


def cancel_at_provider(stack: RehearsalStack) -> str:
    """A call of a minute is cancelled where it runs."""
    stack.provider.script("long", {"seconds": 60})
    run = stack.start_run(stack.create_network("Cancelled", TEXT), "a moth #long")
    reference = stack.await_condition(
        lambda: stack.records.provider_reference(run), 20, "the call is under way"
    )
    began = time.monotonic()
    stack.stop_run(run)

    def is_cancelled() -> bool:
        return any(entry.id == reference for entry in stack.provider.journal.entries("cancel"))

    stack.await_condition(is_cancelled, CANCEL_SECONDS, "the provider is asked to cancel")
    return f"the provider was asked to cancel after {(time.monotonic() - began) * 1000:.0f} ms"


SCENARIOS = (
    Scenario("stop-random", "Stop at any instant", (4,), 120, stop_at_random),
    Scenario("stop-twice", "Stop twice", (4,), 60, stop_twice),
    Scenario("stop-prompt", "Stop and a prompt in the same second", (1, 4), 120, stop_and_prompt),
    Scenario("stop-provider", "Stop reaches the provider", (4,), 60, cancel_at_provider),
)
