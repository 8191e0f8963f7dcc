"""Prompts: every accepted prompt is exactly one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rehearsal.history import History

from .base import Invariant


def one_run_per_prompt(history: History) -> Iterator[str]:
    runs = Counter(run.client_key for run in history.runs if run.client_key)
    known = {run.id: run for run in history.runs}
    for prompt in history.accepted:
        if runs[prompt.client_key] != 1:
            yield f"the prompt {prompt.client_key} has {runs[prompt.client_key]} runs"
        elif prompt.run not in known or known[prompt.run].client_key != prompt.client_key:
            yield f"the prompt {prompt.client_key} was answered with a run that is not its own"


def one_live_run_per_network(history: History) -> Iterator[str]:
    live = Counter(run.network for run in history.runs if run.state in {"running", "paused"})
    for network, count in live.items():
        if count > 1:
            yield f"network {network} has {count} live runs"


PROMPT_RULES = (
    Invariant("an accepted prompt is exactly one run", 1, one_run_per_prompt),
    Invariant("a network has one live run at most", 1, one_live_run_per_network),
)
