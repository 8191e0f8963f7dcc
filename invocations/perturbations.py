"""Perturbing a run that is stuck, where its network asks for it: its next step takes a few words more.

The one exception to the rule that an output is the next input. It is on record: with the step, as an event, and in
the bundle. Which run is stuck, and which words, is for the observatory to say, through a hook.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from networks.models import PerturbationPolicy

from .events import InvocationPerturbed
from .hooks import hooks
from .models.perturbation import Perturbation, StuckReason

if TYPE_CHECKING:
    from .models import Invocation, Run

MAX_PERTURBATIONS = 12  # of a run; one that they do not help is left as it is


@dataclass(frozen=True, slots=True)
class Addition:
    """Words for the next step of a run that is stuck."""

    reason: StuckReason
    words: str

    def record(self, run: Run, step: Invocation) -> InvocationPerturbed:
        """Within the transaction that has written the step; the event is for the caller to publish."""
        Perturbation.objects.create(
            invocation=step,
            run=run,
            sequence=step.sequence,
            reason=self.reason,
            words=self.words,
        )
        return InvocationPerturbed.of_step(run, step, self.reason)


def find_addition(run: Run, step: Invocation) -> Addition | None:
    """After a completed step. No query where the network does not ask for it, or the step gave no text of its own."""
    if run.network.perturbation == PerturbationPolicy.NEVER:
        return None
    if step.output_asset is not None or step.substituted or not step.output_text:
        return None
    return hooks.find_addition(run, step)


def with_words(text: str, words: str) -> str:
    """What a step takes that is given words besides."""
    return f"{text}\n{words}"
