"""What runs ask of the apps above them; panic/apps.py wires it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lib.unwired import not_wired
from platforms.errors import PlatformError, TimedOut

from .models import Attempt, Invocation, Run, StopAll

if TYPE_CHECKING:
    from networks.models import Network

    from .perturbations import Addition


@dataclass(frozen=True, slots=True)
class ToldWorkers:
    """Of the machines that claim steps: how many a stop-all told to sleep, and how many have confirmed it."""

    told: int = 0
    confirmed: int = 0


@dataclass(frozen=True, slots=True)
class AttemptWorker:
    """The machine elsewhere that had a try. `model`: what it was given, empty where that is not known; `hardware`: of the machine as it was then, as it said, empty where that is not
    known; `backend`: what did the work there, as it said; `degraded`: in a lesser way than usual."""

    name: str
    url: str  # of its page, for admins
    model: str
    hardware: Mapping[str, Any]
    hardware_words: Sequence[str]
    backend: str
    degraded: bool


@dataclass(slots=True)
class InvocationHooks:
    """Boards show what happens, within the transaction in which it does. The first two are asked only where
    the network has boards, and answer with the seconds that people need to read them.

    `forget_outputs`: these were taken down; within the transaction that has replaced them.

    `find_addition`: words for the next step, where the run is stuck after this one; asked only where the network
    wants its runs to be perturbed.

    `start_twin`, `start_variant`: a run beside this one, from the same words by other chance or from these words;
    None where it may not run. `check_variant`: the words of a variant and of the prompt, before either begins;
    raises BadPrompt.

    `companions_of`: the keys of the runs that began beside these; they are withdrawn and deleted with them.

    `judge_timeout`: an attempt whose holder is elsewhere has reached its deadline; answers with the error that
    closes it, within the transaction that does.

    `why_no_worker`: why nobody takes a step that is due and is for workers elsewhere, in a sentence. A stop-all
    puts these workers to sleep, and Resume lets them go, within their transactions.

    `workers_of_attempts`: by the keys of those that a machine elsewhere had."""

    show_prompt: Callable[[Run, datetime], float] = not_wired
    show_step: Callable[[Run, Invocation, datetime], float] = not_wired
    withdraw: Callable[[Run, datetime], None] = not_wired
    forget_outputs: Callable[[Sequence[Invocation]], None] = not_wired
    find_addition: Callable[[Run, Invocation], Addition | None] = not_wired
    start_twin: Callable[[Run, datetime], Run | None] = not_wired
    check_variant: Callable[[str, str, Network], str] = not_wired
    start_variant: Callable[[Run, str, datetime], Run | None] = not_wired
    companions_of: Callable[[Collection[int]], Collection[int]] = not_wired
    judge_timeout: Callable[[Attempt, TimedOut, datetime], PlatformError] = not_wired
    why_no_worker: Callable[[Invocation, datetime], str] = not_wired
    stop_workers: Callable[[StopAll, datetime], None] = not_wired
    resume_workers: Callable[[StopAll, datetime], None] = not_wired
    told_workers: Callable[[StopAll], ToldWorkers] = not_wired
    workers_of_attempts: Callable[[Sequence[Attempt]], Mapping[int, AttemptWorker]] = not_wired


hooks = InvocationHooks()
