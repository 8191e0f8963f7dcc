"""The event log: numbered without a gap or a repeat."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.history import History, grouped

from .base import Invariant


def numbered_without_gaps(history: History) -> Iterator[str]:
    for topic, events in grouped(history.events, lambda event: event.topic).items():
        numbers = sorted(event.seq for event in events)
        first, last = numbers[0], history.last_seqs.get(topic, numbers[-1])
        wanted = list(range(first, last + 1))
        if numbers != wanted:
            twice = sorted({n for n in numbers if numbers.count(n) > 1})
            missing = sorted(set(wanted) - set(numbers))
            yield f"{topic}: missing {missing[:5]}, twice {twice[:5]}, last {numbers[-1]} of {last}"


EVENT_RULES = (
    Invariant("events are numbered without a gap or a repeat", 3, numbered_without_gaps),
)
