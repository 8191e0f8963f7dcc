"""Runs beside a live one, on a private copy of its network: twins, from the same words by other chance, for its
memory; and variants, from other words by the same chance."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from invocations.models import Halt, Run
from invocations.models.run import RunQuerySet
from invocations.prompts import BadPrompt
from invocations.refusals import StartRefused
from invocations.runs import WhenClosed, start_run
from invocations.seeds import draw_seed

from .models import Companion, Purpose, RunPair

if TYPE_CHECKING:
    from networks.models import Network

logger = logging.getLogger(__name__)


def start_twin(run: Run, at: datetime) -> Run | None:
    """None where it may not run, for the run itself has begun already; the one of before where there is one."""
    seed = None if run.seed is None else draw_seed()
    return _start(run, Purpose.TWIN, words=run.prompt, seed=seed, at=at)


def start_variant(run: Run, words: str, at: datetime) -> Run | None:
    """The same from these words, and from the run's own seed: so that the words are all that differs."""
    return _start(run, Purpose.VARIANT, words=words, seed=run.seed, at=at)


def _start(run: Run, purpose: Purpose, *, words: str, seed: int | None, at: datetime) -> Run | None:
    try:
        with transaction.atomic():
            Halt.lock()  # keeps two that make the copy apart
            known = RunPair.objects.select_related("companion").filter(run=run).first()
            if known or not run.live:
                return known.companion if known else None
            copy = Companion.get_or_make(run.network, purpose).set_up(run.slots)
            started = start_run(
                network=copy,
                prompt=words,
                at=at,
                started_by=run.started_by,
                waive_lockout=True,
                when_closed=WhenClosed.REFUSE,
                seed=seed,
            )
            RunPair.objects.create(run=run, companion=started.run)
    except (StartRefused, BadPrompt) as error:
        logger.info("run %s has no %s: %s", run.public_id, purpose, error)
        return None
    return started.run


def runs_of_archive(network: Network) -> RunQuerySet:
    """The runs of a network and those of its twins."""
    twins = Q(network__companion_of__network=network, network__companion_of__purpose=Purpose.TWIN)
    return Run.objects.filter(Q(network=network) | twins)
