"""What has happened in a network: its events in sentences, without the steps that went well."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from invocations import events
from invocations.models import Invocation, Run, StuckReason
from invocations.states import Reason
from lib.stored_sentences import translate_stored
from networks.models import Network
from realtime.models import Event

from . import state_texts, tiles
from .events import WorkerBlocked, WorkerUnblocked

ENDED = frozenset(
    event.type for event in (events.RunStopped, events.RunFailed, events.RunCompleted)
)
# About no step, and said in the same words each time
SENTENCES = {
    events.RunPaused.type: gettext_noop("Paused: the next step is held until somebody resumes it."),
    events.RunResumed.type: gettext_noop("Resumed."),
    WorkerBlocked.type: gettext_noop(
        "A worker of the farm has failed a model three times, and is given no more of it."
    ),
    WorkerUnblocked.type: gettext_noop("A worker of the farm may try again what it had failed."),
}
SHOWN_TYPES = ENDED | {
    *SENTENCES,
    events.RunStarted.type,
    events.InvocationRetried.type,
    events.InvocationFailed.type,
    events.InvocationTakenDown.type,
    events.InvocationPerturbed.type,
}
MAX_ACTIVITY_ENTRIES = 10
MAX_EVENTS_READ = 400  # of what lies further back, only when runs began and ended


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """What happened, and when. `wrong`: somebody may have to do something about it."""

    at: datetime
    words: str
    href: str = ""
    wrong: bool = False
    advice: str = ""


def recent_activity(
    network: Network, runs: Iterable[Run], steps: Iterable[Invocation]
) -> list[ActivityEntry]:
    """The newest first, with one query. `runs` and `steps`: the newest ones, already loaded; entries
    about others go without their prompt or error."""
    newest = Event.objects.filter(topic__name=network.topic).order_by("-seq")[:MAX_EVENTS_READ]
    shown = [event for event in newest if event.type in SHOWN_TYPES]
    by_run = {run.public_id: run for run in runs}
    by_step = {step.public_id: step for step in steps}
    entries = [_entry(event, by_run, by_step) for event in shown]
    entries += _earlier_entries(by_run, {(str(one.data.get("run")), one.type) for one in shown})
    return entries[:MAX_ACTIVITY_ENTRIES]


def _earlier_entries(
    runs: Mapping[str, Run], read: Collection[tuple[str, str]]
) -> Iterator[ActivityEntry]:
    """How runs ended and began, newest first, as far as it happened before all events that were read."""
    for key, run in runs.items():
        if run.imported or (key, events.RunStarted.type) in read:
            continue
        if run.ended_at and not any((key, kind) in read for kind in ENDED):
            yield _run_entry(run.ended_at, "", run.reason, run)
        yield _run_entry(run.created_at, events.RunStarted.type, "", run)


def _entry(event: Event, runs: Mapping[str, Run], steps: Mapping[str, Invocation]) -> ActivityEntry:
    run = runs.get(str(event.data.get("run")))
    if event.type.startswith("invocation."):
        key = str(event.data.get("invocation"))
        href = reverse("invocations:detail", args=[key]) if run else ""
        return _step_entry(event, steps.get(key), href)
    return _run_entry(event.created_at, event.type, str(event.data.get("reason") or ""), run)


def _run_entry(at: datetime, kind: str, reason: str, run: Run | None) -> ActivityEntry:
    href = run.get_absolute_url() if run else ""
    failed = kind == events.RunFailed.type or reason == Reason.ERROR
    return ActivityEntry(at, _run_words(kind, reason, run), href, wrong=failed)


def _run_words(kind: str, reason: str, run: Run | None) -> str:
    if kind == events.RunStarted.type:
        if run is None:
            return _("A run began that is not kept any more.")
        branched = _("Went on from an earlier step with “%(prompt)s”.")
        words = branched if run.branched_from_id else _("Began with “%(prompt)s”.")
        return words % {"prompt": tiles.shorten(run.prompt, 90)}
    if kind in SENTENCES:
        return _(SENTENCES[kind])
    return str(state_texts.ENDINGS.get(reason, _("The run ended.")))


def _step_entry(event: Event, step: Invocation | None, href: str) -> ActivityEntry:
    again = event.type == events.InvocationRetried.type
    name = tiles.describe_model(str(event.data.get("model", "")))[0]
    if event.type == events.InvocationTakenDown.type:
        number = int(event.data.get("sequence", 0)) + 1
        words = _("Step {number}, {name}: its output was taken off every screen.")
        return ActivityEntry(event.created_at, words.format(number=number, name=name), href)
    if event.type == events.InvocationPerturbed.type:
        return _perturbed_entry(event, name, href)
    if again:
        words = _("Step %(number)d, %(model)s, did not work out and is tried again.")
    elif step is not None and step.error_detail:
        words = _("Step %(number)d, %(model)s, did not work out: %(reason)s")
    else:
        words = _("Step %(number)d, %(model)s, did not work out.")
    details = {
        "number": int(event.data.get("sequence", 0)) + 1,
        "model": name,
        "reason": translate_stored(step.error_detail) if step else "",
    }
    return ActivityEntry(
        at=event.created_at,
        words=words % details,
        href=href,
        wrong=not again,
        advice=state_texts.advice(step.error_code, over=True) if step and not again else "",
    )


def _perturbed_entry(event: Event, model: str, href: str) -> ActivityEntry:
    words = _(
        "The run said the same again and again: step %(number)d, %(model)s, was given words besides."
    )
    if event.data.get("reason") == StuckReason.FLAT:
        words = _(
            "The pictures of the run went flat: step %(number)d, %(model)s, was given words besides."
        )
    number = int(event.data.get("sequence", 0)) + 1
    return ActivityEntry(event.created_at, words % {"number": number, "model": model}, href)
