"""Charges, as the provider wrote them down: one per key, none unexplained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rehearsal.history import History, grouped

from .base import Invariant

CLOCKS_APART = 0.005  # seconds; both are this machine's clock, the journal's is cut to milliseconds
PAID = "replicate:"


def charged_once(history: History) -> Iterator[str]:
    for key, times in Counter(entry.key for entry in history.charges).items():
        if times > 1 or not key:
            yield f"the key {key or '(none)'} was charged {times} times"


def asked_under_a_claim(history: History) -> Iterator[str]:
    for entry in history.journal:
        if entry.event in {"create", "repeat"} and entry.key not in history.step_of_key:
            yield f"a request came under {entry.key or 'no key'}, which no attempt has on record"


def claimed_before_asked(history: History) -> Iterator[str]:
    first: dict[str, float] = {}
    for attempt in history.attempts:
        began = attempt.started_at
        first[attempt.key] = min(began, first.get(attempt.key, began))
    for entry in history.journal:
        if entry.event == "create" and entry.at + CLOCKS_APART < first.get(entry.key, 0.0):
            yield f"{entry.key} was asked for before it was claimed"


def explained(history: History) -> Iterator[str]:
    """A step is charged again only after a try that the provider had settled had failed."""
    charges = grouped(
        (c for c in history.charges if c.key in history.step_of_key),
        lambda entry: history.step_of_key[entry.key].id,
    )
    for step, entries in charges.items():
        failed = sum(a.outcome == "failed" for a in history.attempts_of_steps[step])
        if len(entries) > failed + 1:
            yield f"step {step} was charged {len(entries)} times with {failed} failures on record"


def paid_for(history: History) -> Iterator[str]:
    """What is shown as a provider's work was made by the provider."""
    paid = {entry.key for entry in history.charges}
    keys = grouped(history.attempts, lambda attempt: attempt.step)
    for step in history.steps:
        mine = {attempt.key for attempt in keys.get(step.id, [])}
        made = step.state == "completed" and not step.substituted
        if made and step.model.startswith(PAID) and not mine & paid:
            yield f"step {step.id} has an output that nobody was charged for"


CHARGES = (
    Invariant("no key is charged twice", 2, charged_once),
    Invariant("no request without an attempt on record", 2, asked_under_a_claim),
    Invariant("the claim comes before the call", 2, claimed_before_asked, needs_steady_clock=True),
    Invariant("a second charge follows a settled failure", 2, explained),
    Invariant("every output was made", 2, paid_for),
)
