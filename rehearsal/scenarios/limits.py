"""Limits and permissions: no spending beyond the budget, no action without the right to it."""

from __future__ import annotations

import httpx

from rehearsal.stack import TEXT, Broken, RehearsalStack

from .base import Scenario

CALLS = 5


def spend_budget(stack: RehearsalStack) -> str:
    slug = stack.create_network("On a budget", TEXT, budgets={"calls_per_hour": CALLS})
    run = stack.start_run(slug)
    stack.await_condition(
        lambda: stack.records.state_and_reason(run)[0] == "completed", 30, "the budget is spent"
    )
    again = stack.submit_prompt(slug, "one more")

    if (reason := stack.records.state_and_reason(run)[1]) != "call_limit":
        raise Broken(f"the run ended for {reason}")
    if again.status_code != 409 or again.json().get("code") != "budget":
        raise Broken(f"a prompt beyond the budget was answered {again.status_code}")
    if (made := sum(stack.records.outcomes_in([slug]).values())) != CALLS:
        raise Broken(f"{made} calls were made of {CALLS} allowed")
    return f"{CALLS} calls allowed, {CALLS} made, the next prompt refused"


def refuse_strangers(stack: RehearsalStack) -> str:
    slug = stack.create_network("Not yours", TEXT)
    run = stack.start_run(slug)
    guest = stack.request("POST", f"networks/{slug}/terminal-tokens").json()
    other = stack.start_run(stack.create_network("Not the guest's", TEXT))
    tried = {
        "a stranger starts": (401, "", f"networks/{slug}/runs"),
        "a stranger stops": (401, "", f"runs/{run}/stop"),
        "a stranger stops all": (401, "", "stop-all"),
        "a guest stops": (404, f"Terminal {guest['token']}", f"runs/{run}/stop"),
        "a guest stops another": (404, f"Terminal {guest['token']}", f"runs/{other}/stop"),
        "a guest stops all": (403, f"Terminal {guest['token']}", "stop-all"),
    }
    for what, (wanted, key, path) in tried.items():
        headers = {"Authorization": key} if key else {}
        url = f"{stack.base_url}/api/v1/{path}"
        answer = httpx.post(url, json={"prompt": "mine now"}, headers=headers, timeout=20)
        if answer.status_code != wanted:
            raise Broken(f"{what}: answered {answer.status_code}, not {wanted}")
    if stack.records.state_and_reason(run)[0] != "running":
        raise Broken("the run is not running any more")
    for one in (run, other):
        stack.stop_run(one)
    return f"{len(tried)} attempts of strangers and guests refused"


SCENARIOS = (
    Scenario("limit-budget", "A budget is spent", (6,), 60, spend_budget),
    Scenario("limit-strangers", "Strangers and guests", (6,), 60, refuse_strangers),
)
