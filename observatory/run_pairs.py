"""Pairs of runs: whether a companion may begin, and how it follows its run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from invocations import prompts
from invocations.models import Run
from invocations.runs import pause_run, resume_run, stop_run
from invocations.states import IllegalMove, Reason, RunState

from .models import RunPair

if TYPE_CHECKING:
    from networks.models import Network


def check_variant(words: str, prompt: str, network: Network) -> str:
    """The words as they are used, before anything begins. Raises BadPrompt."""
    text = prompts.clean(words, network.prompt_max)
    prompts.check_words(text, network.banned_words)
    if prompts.folded(text) == prompts.folded(prompt):
        raise prompts.BadPrompt(_("A variant has other words. With the same ones it is a twin."))
    return text


def companions_of(runs: Collection[int]) -> Collection[int]:
    return list(RunPair.objects.filter(run__in=runs).values_list("companion", flat=True))


def due_pairs(at: datetime) -> Sequence[int]:
    return list(RunPair.objects.out_of_step().values_list("pk", flat=True)[:16])


def follow(pk: int, *, at: datetime) -> None:
    """Pause, resume or stop a companion as its run was."""
    pair = RunPair.objects.out_of_step().select_related("run", "companion").filter(pk=pk).first()
    if pair is None:
        return
    try:
        _follow(pair.companion, pair.run.state, at)
    except IllegalMove:  # it was moved by somebody else in this very moment
        return


def _follow(companion: Run, state: str, at: datetime) -> None:
    if state == RunState.PAUSED:
        pause_run(run=companion)
    elif state == RunState.RUNNING:
        resume_run(run=companion, at=at)
    else:
        stop_run(run=companion, reason=Reason.PERSON, at=at)
