"""Beside each web process's hub: lets time pass on the walls, says who watches, writes down what
the screens have acknowledged. Started with the first socket (`hub.accompany`)."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import Error as DatabaseError
from django.utils import timezone

from invocations.above import AUDIENCE_CHANGED, HALT_CHANGED, Audience
from invocations.feeds import NetworkFeed
from invocations.models import Halt, StopAll
from networks.models import Network
from realtime.hub import Hub
from realtime.progress import Progress
from realtime.tail import hang_up

from . import presence, receipts, screens
from .scene_feed import SCENE_CHANGED, SceneFeed

logger = logging.getLogger(__name__)

TICK = 0.5  # seconds; all processes look at the same moments
PRESENCE_EVERY = 10.0
PRESENCE_AFTER = 2.0  # a change is told soon, but not one by one
AUDIENCE_EVERY = 2.0
T = TypeVar("T")


class Keeper:
    """One per hub."""

    def __init__(self, hub: Hub) -> None:
        self.process = secrets.token_hex(8)
        self._hub = hub
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self._scenes: dict[int, object] = {}  # network -> identity of what it shows
        self._told: Mapping[tuple[str, str], int] = {}
        self._told_at = time.monotonic()
        self._audiences: dict[int, Audience] = {}  # as the control rooms of this process show them
        self._counted_at = time.monotonic()
        self._halt: StopAll | None = None  # as the networks' pages of this process show it

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(TICK - time.time() % TICK)
                try:
                    await self._turn()
                except DatabaseError:
                    logger.warning("The keeper cannot reach the database.", exc_info=True)
                    await self._in_thread(hang_up)
        finally:
            self._thread.submit(self._take_leave)
            self._thread.shutdown(wait=False)

    async def _turn(self) -> None:
        feeds = [feed for feed in self._hub.followed() if isinstance(feed, SceneFeed)]
        if feeds:
            networks = {feed.network.pk: feed.network for feed in feeds}
            for topic in await self._in_thread(self._changed, networks):
                self._hub.show(Progress(topic, SCENE_CHANGED, {}))
            keys = {feed.key for feed in feeds}
            await self._in_thread(receipts.write_down, self.process, keys)
        await self._notice_halt()
        await self._tell()
        if time.monotonic() - self._counted_at >= AUDIENCE_EVERY:
            self._counted_at = time.monotonic()
            await self.count()

    def _changed(self, networks: Mapping[int, Network]) -> list[str]:
        """Topics of those networks where time alone has changed the picture."""
        at = timezone.now()
        fresh = Network.objects.in_bulk(list(networks))  # `replay` may have been switched
        scenes = {pk: screens.scene_of(one, at=at).identity for pk, one in fresh.items()}
        changed = [pk for pk in scenes if self._scenes.get(pk, scenes[pk]) != scenes[pk]]
        self._scenes = scenes
        return [fresh[pk].topic for pk in changed]

    async def _notice_halt(self) -> None:
        """Have pages of networks, idle ones too, show that everything is stopped, or is not."""
        topics = {one.network.topic for one in self._hub.followed() if isinstance(one, NetworkFeed)}
        before, self._halt = self._halt, await self._in_thread(Halt.current) if topics else None
        for topic in topics if before != self._halt else ():
            self._hub.show(Progress(topic, HALT_CHANGED, {}))

    async def _tell(self) -> None:
        seen = self._hub.audience()
        waited = time.monotonic() - self._told_at
        due = PRESENCE_AFTER if seen != self._told else PRESENCE_EVERY
        if waited < due:
            return
        self._told, self._told_at = seen, time.monotonic()
        await self._in_thread(lambda: presence.tell(self.process, seen, at=timezone.now()))

    async def count(self) -> None:
        """Have control rooms show who watches, in whichever process, where that has changed."""
        feeds = [one for one in self._hub.followed() if isinstance(one, NetworkFeed) and one.told]
        networks = {feed.network.pk: feed.network for feed in feeds}
        before, self._audiences = self._audiences, {}
        for pk, network in networks.items():
            now = self._audiences[pk] = await self._in_thread(presence.audience, network)
            if now != before.get(pk):
                self._hub.show(Progress(network.topic, AUDIENCE_CHANGED, {}))

    def _take_leave(self) -> None:
        try:
            if self._told:
                presence.tell(self.process, {}, at=timezone.now())
        except DatabaseError:
            logger.info("The keeper could not take its leave.", exc_info=True)
        finally:
            hang_up()

    async def _in_thread(self, function: Callable[..., T], *args: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, *args)


async def keep(hub: Hub) -> None:
    """For `hub.accompany`."""
    await Keeper(hub).run()
