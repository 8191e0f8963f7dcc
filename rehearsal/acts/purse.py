"""Limits and strangers: nothing is spent beyond what was allowed, or done by whom it is not for."""

from __future__ import annotations

import httpx

from rehearsal.stage import TEXT, Broken, Stage

from .base import Act

CALLS = 5


def budget(stage: Stage) -> str:
    slug = stage.network("On a budget", TEXT, budgets={"calls_per_hour": CALLS})
    run = stage.start(slug)
    stage.until(lambda: stage.records.run_state(run)[0] == "completed", 30, "the budget is spent")
    again = stage.press(slug, "one more")

    if (reason := stage.records.run_state(run)[1]) != "call_limit":
        raise Broken(f"the run ended for {reason}")
    if again.status_code != 409 or again.json().get("code") != "budget":
        raise Broken(f"a prompt beyond the budget was answered {again.status_code}")
    if (made := sum(stage.records.outcomes_in([slug]).values())) != CALLS:
        raise Broken(f"{made} calls were made of {CALLS} allowed")
    return f"{CALLS} calls allowed, {CALLS} made, the next prompt refused"


def strangers(stage: Stage) -> str:
    slug = stage.network("Not yours", TEXT)
    run = stage.start(slug)
    guest = stage.ask("POST", f"networks/{slug}/terminal-tokens").json()
    other = stage.start(stage.network("Not the guest's", TEXT))
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
        url = f"{stage.stack.base_url}/api/v1/{path}"
        answer = httpx.post(url, json={"prompt": "mine now"}, headers=headers, timeout=20)
        if answer.status_code != wanted:
            raise Broken(f"{what}: answered {answer.status_code}, not {wanted}")
    if stage.records.run_state(run)[0] != "running":
        raise Broken("the run is not running any more")
    for one in (run, other):
        stage.stop(one)
    return f"{len(tried)} attempts of strangers and guests refused"


ACTS = (
    Act("purse-budget", "A budget is spent", (6,), 60, budget),
    Act("purse-strangers", "Strangers and guests", (6,), 60, strangers),
)
