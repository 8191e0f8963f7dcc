"""What django-q2 carries: messages, no truth."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from assets import blobs, retention
from platforms import looks, proving
from platforms.models import Credential, HouseKey, Server
from realtime import log

from .engine.calls import Desk
from .engine.runner import runner
from .models import Spending


def look(pk: int) -> None:
    """Look at invocation `pk`: claim it if it is still to be had, and start on it."""
    runner().begin(pk)


def cancel(token: str) -> None:
    """Cancel a stopped call at its provider, in the place of the worker that died with it."""
    runner().cancel(token)


def warm(network: int, names: list[str]) -> None:
    """Have these models of a network loaded."""
    runner().warm(network, names)


def tidy() -> None:
    """Once an hour: remove what nobody can ask for any more, and what kills left half-written."""
    log.prune(timedelta(days=settings.EVENTS_KEPT_DAYS))
    Spending.prune(timezone.now())
    blobs.sweep_temporary()
    retention.remove_abandoned(at=timezone.now())


def look_at_server(pk: int) -> None:
    """See whether a model server is there and what it offers."""
    runner().attend(lambda desk: _look_at_server(pk, desk))


async def _look_at_server(pk: int, desk: Desk) -> None:
    def take() -> Server | None:
        found = Server.objects.to_look_at(timezone.now()).filter(pk=pk).first()
        return found if found and found.take_look(timezone.now()) else None

    server = await desk.in_database(take)
    if server is not None:
        listed, problem = await asyncio.to_thread(looks.ask, server)
        await desk.in_database(lambda: server.note_look(listed, problem, at=timezone.now()))


def try_key(pk: int) -> None:
    """Try a key again that its platform refused."""
    runner().attend(lambda desk: _try(Credential, pk, desk))


def try_house_key(pk: int) -> None:
    runner().attend(lambda desk: _try(HouseKey, pk, desk))


async def _try(kind: type[Credential] | type[HouseKey], pk: int, desk: Desk) -> None:
    def take() -> Credential | HouseKey | None:
        found = kind.objects.filter(pk=pk).first()
        return found if found and found.take_trial(timezone.now()) else None

    key = await desk.in_database(take)
    if key is not None:
        reply = await asyncio.to_thread(proving.ask, key)
        await desk.in_database(lambda: proving.note(key, reply))


def canary() -> None:
    """Do nothing; having been carried all the way round is the message."""
