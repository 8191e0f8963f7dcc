"""A provider with bad manners: every way of not giving what was asked for, and what becomes of it.

Each row is a run of a few steps whose first request goes wrong once (or always); the run must end
as declared, with the declared class of error on record, and at the declared price.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from rehearsal.provider import Knobs
from rehearsal.stage import CAPTION, IMAGE, TEXT, Broken, Stage

from .base import Act

DONE = ("completed", "lap_limit")
SPIN = 12  # more requests than this for one step is a loop that spins


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    title: str
    script: Sequence[Knobs]
    error: str  # the class on record: the code of platforms.errors
    charges: int = 1  # of the step that went wrong
    ring: Sequence[str] = (TEXT,)
    ends: tuple[str, str] = DONE
    fields: Knobs = field(default_factory=dict)
    limit: float = 100.0


def play(fault: Fault, stage: Stage) -> str:
    laps = {"laps_per_run": 3 if len(fault.ring) == 1 else 1}
    network = stage.network(fault.title, *fault.ring, budgets=laps, **fault.fields)
    stage.provider.script(fault.name, *fault.script)
    run = stage.start(network, f"a moth #{fault.name}")

    def ended() -> bool:
        return stage.records.run_state(run)[0] not in {"running", "paused"}

    stage.until(ended, fault.limit, f"the run ends ({stage.records.run_state(run)})")

    _judge(fault, stage, run)
    return f"{fault.error or 'passed over'}; {fault.charges} paid; run {fault.ends[0]}"


def _judge(fault: Fault, stage: Stage, run: str) -> None:
    if (ends := stage.records.run_state(run)) != fault.ends:
        raise Broken(f"the run ended as {ends}, not as {fault.ends}")
    tries = stage.records.tries(run, 0)
    codes = {code for _, code in tries if code}
    if codes != ({fault.error} if fault.error else set()):
        raise Broken(f"on record is {codes or 'no error'}, not {fault.error or 'no error'}")
    keys = {key for key, _ in tries}
    journal = stage.provider.journal
    charges = sum(entry.key in keys for entry in journal.entries("charge"))
    asked = sum(entry.key in keys for entry in journal.entries() if entry.event != "charge")
    if charges != fault.charges:
        raise Broken(f"the step was charged {charges} times, not {fault.charges}")
    if asked > SPIN:
        raise Broken(f"the step was asked for {asked} times")


def _text(name: str, title: str, error: str, *script: Knobs, charges: int = 1) -> Fault:
    return Fault(name, title, script, error, charges)


def _image(name: str, title: str, error: str, knobs: Knobs, charges: int = 2) -> Fault:
    return Fault(name, title, [knobs], error, charges, ring=(IMAGE, CAPTION))


def _refusal(number: int, words: str, **fields: object) -> Fault:
    script = [{"failure": words}]
    return Fault(f"refusal-{number}", f"Refusal: {words}", script, "refused", fields=fields)


STOPS_RUN = ("failed", "refused")
FAULTS = (
    _text("429", "429 with Retry-After", "rate_limited", {"error": "429", "retry_after": 1}),
    _text("429-silent", "429 without one", "rate_limited", {"error": "429", "retry_after": None}),
    _text("429-date", "429 with a date", "rate_limited", {"error": "429", "retry_after": "date"}),
    _text("500", "500, nothing made", "unavailable", {"error": "500"}),
    _text("500-lost", "500, but made and charged", "unavailable", {"error": "500", "lost": True}),
    _text("502", "502 as a page of HTML", "unavailable", {"error": "502"}),
    _text("drop", "The connection is dropped", "unavailable", {"error": "drop", "lost": True}),
    _text("garbage", "Half an answer", "unavailable", {"error": "garbage", "lost": True}),
    _text("hang", "No answer at all", "timed_out", {"error": "hang", "lost": True}),
    _text("drip", "An answer that drips", "timed_out", {"error": "drip"}),
    _text("failed", "The model fails", "unavailable", {"failure": "out of memory"}, charges=2),
    _text("none", "Success without an output", "unavailable", {"output": "none"}, charges=2),
    _text("removed", "The output is deleted", "unavailable", {"removed": True}, charges=2),
    _text("aborted", "Aborted before it began", "timed_out", {"statuses": ["aborted"]}, charges=2),
    _text("polls", "Polls that fail", "", {"poll_errors": ["500", "502", "429", "drop"]}),
    _text("unknown", "An unknown status", "", {"statuses": ["queued", "queued", "succeeded"]}),
    _image("truncated", "A truncated picture", "unavailable", {"output": "truncated"}),
    _image("html", "HTML in the place of a picture", "unavailable", {"output": "html"}),
    _image("sound", "A sound in the place of a picture", "unavailable", {"output": "audio"}),
    _image("empty", "A picture of zero bytes", "unavailable", {"output": "empty"}),
    _image("huge", "A picture of 200 MB", "unavailable", {"output": "huge"}),
    _image("gone", "An output that expired", "unavailable", {"output": "gone"}),
    _refusal(1, "NSFW content detected. Try running it again."),
    _refusal(2, "The input or output was flagged as sensitive. (E005)"),
    _refusal(3, "Your request was rejected by our safety system."),
    _refusal(4, "This prompt may violate our content policy."),
    _refusal(5, "Content blocked: sexual or explicit material", refusal_policy="skip"),
    Fault(
        "refusal-stop",
        "Refusal where the network stops",
        [{"failure": "flagged by moderation: moderated"}],
        "refused",
        ends=STOPS_RUN,
        fields={"refusal_policy": "stop"},
    ),
)
KEYS = (
    Fault("401", "A wrong key", [{"error": "401"}], "not_configured", 0, ends=("failed", "error")),
    Fault("402", "No credit", [{"error": "402"}], "not_configured", 0, ends=("failed", "error")),
)


def play_key(fault: Fault, stage: Stage) -> str:
    """A key that was refused is not tried again: nothing starts until somebody has tested it."""
    told = play(fault, stage)
    network = stage.network(f"After {fault.title}", TEXT)
    if (turned_away := stage.press(network, "a moth").status_code) != 422:
        raise Broken(f"a prompt was answered with {turned_away} although the key was refused")
    tested = stage.ask("POST", "house-keys/replicate/test")
    if tested.status_code != 200:
        raise Broken(f"the key could not be tested: {tested.text[:300]}")
    stage.stop(stage.start(network))
    return told


def _acts(faults: Sequence[Fault], of: Callable[[Fault, Stage], str]) -> tuple[Act, ...]:
    return tuple(
        Act(f"fault-{fault.name}", fault.title, (2, 5), fault.limit + 10, partial(of, fault))
        for fault in faults
    )


ACTS = _acts(FAULTS, play)
KEY_ACTS = _acts(KEYS, play_key)  # one after the other: all networks of the house spend on that key
