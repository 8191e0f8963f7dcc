"""What happened to a network lately, in words: its log without the steps that went well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from networks.models import Network
from realtime.models import Event

from . import tiles, wording
from .models import Invocation, Run

WORTH_TELLING = frozenset(
    {
        "run.started",
        "run.stopped",
        "run.paused",
        "run.resumed",
        "run.failed",
        "run.completed",
        "invocation.retried",
        "invocation.failed",
    }
)
MOST = 10
LOOKED_THROUGH = 400  # events; what lies further back is in the list of runs


@dataclass(frozen=True, slots=True)
class Happening:
    """A moment and what it brought. `wrong`: somebody may have to do something about it."""

    at: datetime
    words: str
    href: str = ""
    wrong: bool = False
    advice: str = ""


def of(network: Network, runs: Iterable[Run], steps: Iterable[Invocation]) -> list[Happening]:
    """The newest first, in one short query. `runs` and `steps`: the newest of them, which are known
    already; what is not among them is told without its words."""
    newest = Event.objects.filter(topic__name=network.topic).order_by("-seq")[:LOOKED_THROUGH]
    told = [event for event in newest if event.type in WORTH_TELLING][:MOST]
    by_run = {run.public_id: run for run in runs}
    by_step = {step.public_id: step for step in steps}
    return [_happening(event, by_run, by_step) for event in told]


def _happening(event: Event, runs: Mapping[str, Run], steps: Mapping[str, Invocation]) -> Happening:
    run = runs.get(str(event.data.get("run")))
    if event.type.startswith("invocation."):
        key = str(event.data.get("invocation"))
        href = reverse("invocations:detail", args=[key]) if run else ""
        return _of_step(event, steps.get(key), href)
    reason = str(event.data.get("reason") or "")
    return Happening(
        at=event.created_at,
        words=_of_run(event.type, reason, run),
        href=run.get_absolute_url() if run else "",
        wrong=event.type == "run.failed",
    )


def _of_run(kind: str, reason: str, run: Run | None) -> str:
    if kind == "run.started":
        if run is None:
            return "A run began that is not kept any more."
        begun = "Went on from an earlier step" if run.branched_from_id else "Began"
        return f"{begun} with “{tiles.shortened(run.prompt, 90)}”."
    if kind == "run.paused":
        return "Paused: the next step is held until somebody resumes it."
    if kind == "run.resumed":
        return "Resumed."
    return wording.ENDINGS.get(reason, "The run ended.")


def _of_step(event: Event, step: Invocation | None, href: str) -> Happening:
    again = event.type == "invocation.retried"
    name = tiles.described(str(event.data.get("model", "")))[0]
    words = f"Step {event.data.get('sequence')}, {name}, did not work out"
    if again:
        words += " and is tried again."
    elif step is not None and step.error_detail:
        words += f": {step.error_detail}"
    else:
        words += "."
    return Happening(
        at=event.created_at,
        words=words,
        href=href,
        wrong=not again,
        advice=wording.advice(step.error_code, over=True) if step and not again else "",
    )
