"""The red button while everything runs, and going on after it."""

from __future__ import annotations

from rehearsal.stage import TEXT, Broken, Stage

from .base import Act

COMPLETE = 6.0  # seconds; a receipt is complete after five


def play(stage: Stage) -> str:
    slugs = [stage.network(f"Under the red button {n}", TEXT) for n in range(4)]
    stage.goes_on(*[stage.start(slug) for slug in slugs])

    press = stage.ask("POST", "stop-all").json()
    refused = stage.press(slugs[0], "a moth")
    asked = stage.provider.journal.count("create")
    receipt = stage.until(
        lambda: _complete(stage, press["id"]), COMPLETE, "the receipt is complete"
    )
    begun = stage.provider.journal.count("create") - asked
    resumed = stage.ask("POST", "resume-all").json()["runs"]

    if press["runs_stopped"] < len(slugs):
        raise Broken(f"only {press['runs_stopped']} runs were stopped")
    if refused.status_code != 409 or refused.json().get("code") != "halted":
        raise Broken(f"a start was answered {refused.status_code}: {refused.text[:200]}")
    if begun:
        raise Broken(f"{begun} calls began after the answer")
    if len(resumed) != press["runs_stopped"]:
        raise Broken(f"{press['runs_stopped']} runs were stopped, {len(resumed)} went on")
    seconds = stage.goes_on(*resumed)
    for run in resumed:
        stage.stop(run)
    calls = len(receipt["calls"])
    return f"{press['runs_stopped']} runs and {calls} calls stopped, starts refused; on after {seconds:.1f} s"


def _complete(stage: Stage, press: str) -> dict[str, list[object]]:
    receipt: dict[str, list[object]] = stage.ask("GET", f"stop-all/{press}").json()
    return receipt if receipt["complete"] else {}


ACTS = (Act("panic", "The red button", (4,), 90, play),)
