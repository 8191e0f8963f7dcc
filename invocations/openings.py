"""What is done of itself around an opening: models are loaded before it, and where nothing runs after
it, an attract prompt begins. A periodic task: a message may be lost or repeated, the rows decide."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from networks.models import Network

from .prompts import BadPrompt, attract_prompt
from .refusals import Halted, StartRefused
from .runs import start_run

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
MAX_AT_ONCE = 16
TRIED_FOR = timedelta(minutes=30)  # to begin a run, where something is missing at the opening
_looked_at = [float("-inf")]


def due_networks(at: datetime) -> list[int]:
    """Networks with something to be done now; asked for once in two seconds."""
    now = time.monotonic()
    if now - _looked_at[0] < LOOK_SECONDS:
        return []
    _looked_at[0] = now
    return networks_to_prepare(at)


def networks_to_prepare(at: datetime) -> list[int]:
    """Networks whose models are to be loaded, or on which a run is to begin. One query."""
    found: Iterable[Network] = Network.objects.not_archived().with_hours()
    due = [
        one.pk for one in found if _opening_to_warm_for(one, at) or _opening_to_start_for(one, at)
    ]
    return due[:MAX_AT_ONCE]


def prepare(pk: int, *, at: datetime) -> None:
    """Do what is due on this network, once for each opening."""
    network = Network.objects.not_archived().select_related("owner").filter(pk=pk).first()
    if network is None:
        return
    if opening := _opening_to_warm_for(network, at):
        _warm(network, opening, at)
    if opening := _opening_to_start_for(network, at):
        _start(network, opening, at)


def _opening_to_warm_for(network: Network, at: datetime) -> datetime | None:
    """The coming opening, where it is near and the models were not loaded for it yet."""
    opening = network.hours.opens_at(at)
    if opening is None or opening - at > timedelta(minutes=network.warm_up_minutes):
        return None
    return None if network.warmed_for == opening else opening


def _opening_to_start_for(network: Network, at: datetime) -> datetime | None:
    """When it opened, where it is open and a run may have to begin."""
    interval = network.hours.interval_at(at) if network.start_at_opening else None
    if interval is None or network.started_for == interval.opens:
        return None
    return interval.opens


def _warm(network: Network, opening: datetime, at: datetime) -> None:
    from .engine import (
        warm_up,
    )  # with all that reads media, which who only asks what is due has no use for

    try:
        warm_up.warm(network=network, at=at)
    except Halted:
        return  # asked again once everything was resumed
    network.note_opening("warmed_for", opening)


def _start(network: Network, opening: datetime, at: datetime) -> None:
    """Begin where nothing runs. One run for an opening, whoever else tries: its key says so."""
    key = f"opening {opening:%Y-%m-%dT%H:%M}"
    prompt = attract_prompt(network, key)
    begun = network.runs.filter(created_at__gte=opening).exists()
    if prompt and not begun and not network.runs.live().exists():
        try:
            start_run(network=network, prompt=prompt, at=at, client_key=key)
        except Halted:
            return
        except (StartRefused, BadPrompt) as refusal:
            if at < opening + TRIED_FOR:
                return  # asked again: a model server may be switched on a little later
            logger.warning("Nothing began at the opening of network %s: %s", network, refusal)
    network.note_opening("started_for", opening)
