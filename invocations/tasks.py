"""What django-q2 carries: messages, no truth."""

from __future__ import annotations

import asyncio
import logging
import os
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from assets import blobs, retention, rolling
from credentials import discovery, key_checks
from credentials.models import Credential, OperatorKey, Server
from lib import watched_tasks
from notifications.models import Delivery, Notification
from realtime import log

from . import budget_watch, call_measures, openings
from .engine.runner import runner
from .engine.threads import Threads
from .models import Spending

logger = logging.getLogger(__name__)


def look(pk: int) -> None:
    """Look at invocation `pk`: claim it if it is still to be had, and start on it."""
    runner().start_step(pk)


def cancel(token: str) -> None:
    """Cancel a stopped call at its provider, in the place of the worker that died with it."""
    runner().cancel(token)


def warm(network: int, names: list[str]) -> None:
    """Have these models of a network loaded."""
    runner().warm(network, names)


def warm_here(pk: int) -> None:
    """Have a model loaded on this machine that another one was asked to load."""
    from .engine import warm_up

    runner().run_in_background(lambda threads: warm_up.load_here(pk, threads))


def prepare_opening(network: int) -> None:
    """Have a network's models loaded before its opening, or let it begin at the opening."""
    openings.prepare(network, at=timezone.now())


def tidy() -> None:
    """Once an hour: remove what nobody can ask for any more, and what kills left half-written."""
    log.prune(timedelta(days=settings.EVENTS_KEPT_DAYS))
    Spending.prune(timezone.now())
    blobs.sweep_temporary()
    rolling.sweep()
    Notification.prune(timezone.now())
    Delivery.prune(timezone.now())
    retention.remove_abandoned(at=timezone.now())


def count_calls(_: int) -> None:
    """Add up what calls took, for `/metrics`."""
    call_measures.count_ended(timezone.now())


def send_notifications(pk: int) -> None:
    """Send what waits for a channel; sending itself waits on the worker's loop."""
    from notifications import delivery  # 3 MB that a worker which sends nothing does not need

    runner().run_in_background(lambda threads: delivery.deliver(pk, threads))


def watch_budgets(network: int) -> None:
    """Tell when most of a budget is spent."""
    budget_watch.watch_budgets(network, timezone.now())


def look_at_server(pk: int) -> None:
    """See whether a model server is there and what it offers."""
    runner().run_in_background(lambda threads: _look_at_server(pk, threads))


async def _look_at_server(pk: int, threads: Threads) -> None:
    def take() -> Server | None:
        found = Server.objects.due_for_check(timezone.now()).filter(pk=pk).first()
        return found if found and found.claim_check(timezone.now()) else None

    server = await threads.in_database(take)
    if server is not None:
        listed, problem = await asyncio.to_thread(discovery.ask_server, server)
        await threads.in_database(lambda: server.note_check(listed, problem, at=timezone.now()))


def try_key(pk: int) -> None:
    """Try a key again that its platform refused."""
    runner().run_in_background(lambda threads: _try(Credential, pk, threads))


def try_operator_key(pk: int) -> None:
    runner().run_in_background(lambda threads: _try(OperatorKey, pk, threads))


async def _try(kind: type[Credential] | type[OperatorKey], pk: int, threads: Threads) -> None:
    def take() -> Credential | OperatorKey | None:
        found = kind.objects.filter(pk=pk).first()
        return found if found and found.claim_retest(timezone.now()) else None

    key = await threads.in_database(take)
    if key is not None:
        reply = await asyncio.to_thread(key_checks.ask_platform, key)
        await threads.in_database(lambda: key_checks.record_reply(key, reply))


def canary() -> None:
    """Having been carried all the way round is the message. A worker whose own tasks have stopped is
    of no use: it ends, and the cluster starts another one."""
    if watched_tasks.is_stalled():
        logger.error("This worker's tasks have not come round for a minute; it ends.")
        os._exit(1)
