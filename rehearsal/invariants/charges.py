"""Charges in the provider's journal: one per idempotency key, each with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rehearsal.history import History, grouped

from .base import Invariant

CLOCK_TOLERANCE_SECONDS = 0.005  # one clock, but the journal is cut to milliseconds
PAID = "replicate:"


def charged_once(history: History) -> Iterator[str]:
    for key, times in Counter(entry.key for entry in history.charges).items():
        if times > 1 or not key:
            yield f"the key {key or '(none)'} was charged {times} times"


def request_has_attempt(history: History) -> Iterator[str]:
    for entry in history.journal:
        if entry.event in {"create", "repeat"} and entry.key not in history.step_of_key:
            yield f"a request came with the key {entry.key or 'no key'}, which no attempt has on record"


def claimed_before_request(history: History) -> Iterator[str]:
    first: dict[str, float] = {}
    for attempt in history.attempts:
        began = attempt.started_at
        first[attempt.key] = min(began, first.get(attempt.key, began))
    for entry in history.journal:
        if entry.event == "create" and entry.at + CLOCK_TOLERANCE_SECONDS < first.get(
            entry.key, 0.0
        ):
            yield f"{entry.key} was requested before it was claimed"


def recharge_has_reason(history: History) -> Iterator[str]:
    """A step is charged again only after an attempt whose failure the provider had confirmed."""
    charges = grouped(
        (c for c in history.charges if c.key in history.step_of_key),
        lambda entry: history.step_of_key[entry.key].id,
    )
    for step, entries in charges.items():
        failed = sum(a.outcome == "failed" for a in history.attempts_of_steps[step])
        if len(entries) > failed + 1:
            yield f"step {step} was charged {len(entries)} times with {failed} failures on record"


def output_was_charged(history: History) -> Iterator[str]:
    """An output of the provider's has a charge in its journal."""
    paid = {entry.key for entry in history.charges}
    keys = grouped(history.attempts, lambda attempt: attempt.step)
    for step in history.steps:
        mine = {attempt.key for attempt in keys.get(step.id, [])}
        made = step.state == "completed" and not step.substituted
        if made and step.model.startswith(PAID) and not mine & paid:
            yield f"step {step.id} has an output without a charge"


CHARGE_RULES = (
    Invariant("no key is charged twice", 2, charged_once),
    Invariant("no request without an attempt on record", 2, request_has_attempt),
    Invariant(
        "the claim comes before the call", 2, claimed_before_request, needs_steady_clock=True
    ),
    Invariant("a second charge follows a confirmed failure", 2, recharge_has_reason),
    Invariant("every output was charged", 2, output_was_charged),
)
