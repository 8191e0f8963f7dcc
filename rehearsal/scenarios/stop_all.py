"""Stop-all while everything runs, one run of it paused, and resume-all after it."""

from __future__ import annotations

from rehearsal.stack import TEXT, Broken, RehearsalStack

from .base import Scenario

RECEIPT_SECONDS = 6.0  # a receipt is complete after five


def stop_and_resume_all(stack: RehearsalStack) -> str:
    slugs = [stack.create_network(f"Stopped by stop-all {n}", TEXT) for n in range(4)]
    runs = [stack.start_run(slug) for slug in slugs]
    stack.await_progress(*runs)
    stack.request("POST", f"runs/{runs[-1]}/pause").raise_for_status()

    stop = stack.request("POST", "stop-all").json()
    refused = stack.submit_prompt(slugs[0], "a moth")
    asked = stack.provider.journal.count("create")
    receipt = stack.await_condition(
        lambda: _complete_receipt(stack, stop["id"]), RECEIPT_SECONDS, "the receipt is complete"
    )
    calls_begun = stack.provider.journal.count("create") - asked
    resumed = stack.request("POST", "resume-all").json()

    if stop["runs_stopped"] < len(slugs):
        raise Broken(f"only {stop['runs_stopped']} runs were stopped")
    if refused.status_code != 409 or refused.json().get("code") != "halted":
        raise Broken(f"a start was answered {refused.status_code}: {refused.text[:200]}")
    if calls_begun:
        raise Broken(f"{calls_begun} calls began after the answer")
    going_on, paused = resumed["runs"], resumed["paused"]
    if len(going_on) + len(paused) != stop["runs_stopped"]:
        raise Broken(f"{stop['runs_stopped']} runs were stopped, but the resume says {resumed}")
    if slugs[-1] not in {stack.request("GET", f"runs/{run}").json()["network"] for run in paused}:
        raise Broken("the run that was paused did not come back paused")
    seconds = stack.await_progress(*going_on)
    for run in (*going_on, *paused):
        stack.stop_run(run)
    calls = len(receipt["calls"])
    return f"{stop['runs_stopped']} runs and {calls} calls stopped, starts refused; on after {seconds:.1f} s"


def _complete_receipt(stack: RehearsalStack, stop: str) -> dict[str, list[object]]:
    receipt: dict[str, list[object]] = stack.request("GET", f"stop-all/{stop}").json()
    return receipt if receipt["complete"] else {}


SCENARIOS = (Scenario("stop-all", "Stop-all", (4,), 90, stop_and_resume_all),)
