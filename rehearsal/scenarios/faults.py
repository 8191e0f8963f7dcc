"""Faults of the provider: every way in which a request can go wrong, and the expected outcome.

Each row is a run of a few steps whose first request fails once (or always); the run must end as
declared, with the declared class of error on record and the declared number of charges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from rehearsal.provider import Behaviour
from rehearsal.stack import CAPTION, IMAGE, TEXT, Broken, RehearsalStack

from .base import Scenario

DONE = ("completed", "lap_limit")
MAX_REQUESTS = 12  # more requests for one step are an endless loop


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    title: str
    script: Sequence[Behaviour]
    error: str  # the class on record: the code of platforms.errors
    charges: int = 1  # of the step that went wrong
    slots: Sequence[str] = (TEXT,)
    ends: tuple[str, str] = DONE
    fields: Behaviour = field(default_factory=dict)
    limit_seconds: float = 100.0


def run_fault(fault: Fault, stack: RehearsalStack) -> str:
    laps = {"laps_per_run": 3 if len(fault.slots) == 1 else 1}
    network = stack.create_network(fault.title, *fault.slots, budgets=laps, **fault.fields)
    stack.provider.script(fault.name, *fault.script)
    run = stack.start_run(network, f"a moth #{fault.name}")

    def ended() -> bool:
        return stack.records.state_and_reason(run)[0] not in {"running", "paused"}

    stack.await_condition(
        ended, fault.limit_seconds, f"the run ends ({stack.records.state_and_reason(run)})"
    )

    _judge(fault, stack, run)
    return f"{fault.error or 'no error'}; {fault.charges} paid; run {fault.ends[0]}"


def _judge(fault: Fault, stack: RehearsalStack, run: str) -> None:
    if (ends := stack.records.state_and_reason(run)) != fault.ends:
        raise Broken(f"the run ended as {ends}, not as {fault.ends}")
    tries = stack.records.keys_and_errors(run, 0)
    codes = {code for _, code in tries if code}
    if codes != ({fault.error} if fault.error else set()):
        raise Broken(f"on record is {codes or 'no error'}, not {fault.error or 'no error'}")
    keys = {key for key, _ in tries}
    journal = stack.provider.journal
    charges = sum(entry.key in keys for entry in journal.entries("charge"))
    asked = sum(entry.key in keys for entry in journal.entries() if entry.event != "charge")
    if charges != fault.charges:
        raise Broken(f"the step was charged {charges} times, not {fault.charges}")
    if asked > MAX_REQUESTS:
        raise Broken(f"the step was asked for {asked} times")


def _text(name: str, title: str, error: str, *script: Behaviour, charges: int = 1) -> Fault:
    return Fault(name, title, script, error, charges)


def _unusable(
    name: str, title: str, behaviour: Behaviour, slots: Sequence[str] = (IMAGE, CAPTION)
) -> Fault:
    """An output that was made and charged, and of which nothing can be used."""
    return Fault(name, title, [behaviour], "unusable", slots=slots, ends=("failed", "error"))


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
    _unusable("none", "Success without an output", {"output": "none"}, (TEXT,)),
    _unusable("removed", "The output is deleted", {"removed": True}, (TEXT,)),
    _text("aborted", "Aborted before it began", "timed_out", {"statuses": ["aborted"]}, charges=2),
    _text("polls", "Polls that fail", "", {"poll_errors": ["500", "502", "429", "drop"]}),
    _text("unknown", "An unknown status", "", {"statuses": ["queued", "queued", "succeeded"]}),
    _unusable("truncated", "A truncated picture", {"output": "truncated"}),
    _unusable("html", "HTML in the place of a picture", {"output": "html"}),
    _unusable("sound", "A sound in the place of a picture", {"output": "audio"}),
    _unusable("empty", "A picture of zero bytes", {"output": "empty"}),
    _unusable("huge", "A picture of 200 MB", {"output": "huge"}),
    _unusable("gone", "An output that expired", {"output": "gone"}),
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


def run_key_fault(fault: Fault, stack: RehearsalStack) -> str:
    """A key that was refused is not tried again: no run starts until the key has been tested."""
    sentence = run_fault(fault, stack)
    network = stack.create_network(f"After {fault.title}", TEXT)
    if (refused := stack.submit_prompt(network, "a moth").status_code) != 422:
        raise Broken(f"a prompt was answered with {refused} although the key was refused")
    tested = stack.request("POST", "house-keys/replicate/test")
    if tested.status_code != 200:
        raise Broken(f"the key could not be tested: {tested.text[:300]}")
    stack.stop_run(stack.start_run(network))
    return sentence


def _scenarios(
    faults: Sequence[Fault], run: Callable[[Fault, RehearsalStack], str]
) -> tuple[Scenario, ...]:
    return tuple(
        Scenario(
            f"fault-{fault.name}",
            fault.title,
            (2, 5),
            fault.limit_seconds + 10,
            partial(run, fault),
        )
        for fault in faults
    )


SCENARIOS = _scenarios(FAULTS, run_fault)
KEY_SCENARIOS = _scenarios(KEYS, run_key_fault)  # one after the other: they share one key
