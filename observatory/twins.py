"""Twin runs: the same words on the same models by other chance, beside the live run, for its memory."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from invocations.models import Halt, Run
from invocations.models.run import RunQuerySet
from invocations.prompts import BadPrompt
from invocations.runs import StartRefused, WhenClosed, start_run

from .models import Companion, Purpose

if TYPE_CHECKING:
    from networks.models import Network

logger = logging.getLogger(__name__)
SEEDS = 2**31


def start_twin(run: Run, at: datetime) -> Run | None:
    """On a private copy of the network, which has its rules and budgets; None where that one may not run, for
    the run itself has begun already."""
    try:
        with transaction.atomic():
            Halt.lock()  # keeps two that make the copy apart
            companion = Companion.get_or_make(run.network, Purpose.TWIN)
            copy = companion.set_up(run.slots)
            seed = None if run.seed is None else secrets.randbelow(SEEDS)
            started = start_run(
                network=copy,
                prompt=run.prompt,
                at=at,
                started_by=run.started_by,
                waive_lockout=True,
                when_closed=WhenClosed.REFUSE,
                seed=seed,
            )
    except (StartRefused, BadPrompt) as error:
        logger.info("run %s has no twin: %s", run.public_id, error)
        return None
    return started.run


def runs_of_archive(network: Network) -> RunQuerySet:
    """The runs of a network and those of its twins."""
    twins = Q(network__companion_of__network=network, network__companion_of__purpose=Purpose.TWIN)
    return Run.objects.filter(Q(network=network) | twins)
