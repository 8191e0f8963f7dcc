"""Beside each web process's hub: advances replays, saves who watches, and saves what
the displays have acknowledged. Started with the first socket (`hub.add_background_task`)."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from django.db import Error as DatabaseError
from django.utils import timezone

from displays.events import WallStateChanged
from invocations.models import Halt, StopAll
from lib import disk_space
from lib.database_thread import close_connection
from lib.watched_tasks import report_round
from networks.models import Network
from realtime.events import Progress
from realtime.hub import Hub
from studio.events import AudienceChanged, HaltChanged, HoursChanged
from studio.feeds import NetworkFeed
from studio.hooks import Audience

from . import captions, presence, receipts, reports
from .feeds import DisplayFeed, WallStateFeed
from .miniatures import InstallationFeed
from .models import Installation
from .wall_states import wall_state_of_network

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5  # seconds; all processes look at the same moments
PRESENCE_SECONDS = 10.0
PRESENCE_CHANGE_SECONDS = 2.0  # changes are saved soon, but not one by one
AUDIENCE_SECONDS = 2.0
REPORT_SECONDS = 5.0
T = TypeVar("T")


class DisplayBackgroundTask:
    """One per hub."""

    def __init__(self, hub: Hub) -> None:
        self.process = secrets.token_hex(8)
        self._hub = hub
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="displays")
        self._wall_states: dict[int, object] = {}  # network -> identity of what it shows
        self._saved: Mapping[tuple[str, str], int] = {}
        self._saved_at = time.monotonic()
        self._audiences: dict[int, Audience] = {}  # as the control rooms of this process show them
        self._counted_at = time.monotonic()
        self._reported_at = time.monotonic()
        self._open: dict[int, bool] = {}  # network -> as its pages of this process show it
        # Whether everything is stopped and the disk is full, as the networks' pages of this process show it
        self._obstacles: tuple[StopAll | None, bool] = (None, False)

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(TICK_SECONDS - time.time() % TICK_SECONDS)
                await self.advance()
        finally:
            self._thread.submit(self._clear_presence)
            self._thread.shutdown(wait=False)

    async def advance(self) -> None:
        """One round. A part that fails is logged, and tried again in the next; the others go on."""
        for part in (
            self._show_walls,
            self._save_receipts,
            self._save_reports,
            self._notice_obstacles,
            self._follow_hours,
            self._save_presence,
            self._count_audiences,
        ):
            report_round()
            try:
                await part()
            except DatabaseError:
                logger.warning("Displays: the database failed %s.", part.__name__, exc_info=True)
                await self._in_thread(close_connection)
            except Exception:  # a border: what is wrong with one thing is not with the others
                logger.exception("Displays: %s failed.", part.__name__)

    def _walls(self) -> list[WallStateFeed]:
        return [one for one in self._hub.followed_feeds() if isinstance(one, WallStateFeed)]

    async def _show_walls(self) -> None:
        networks = {feed.network.pk: feed.network for feed in self._walls()}
        for topic in await self._in_thread(self._changed, networks) if networks else ():
            self._hub.show_progress(Progress(topic, WallStateChanged.type, {}))

    async def _save_receipts(self) -> None:
        if keys := {feed.key for feed in self._walls()}:
            await self._in_thread(receipts.save, self.process, keys)

    async def _save_reports(self) -> None:
        keys = {feed.key for feed in self._walls()}
        if keys and time.monotonic() - self._reported_at >= REPORT_SECONDS:
            self._reported_at = time.monotonic()
            await self._in_thread(lambda: reports.save(keys, at=timezone.now()))

    def _changed(self, networks: Mapping[int, Network]) -> list[str]:
        """Topics of those networks where time alone, or a setting, has changed the picture."""
        at = timezone.now()
        fresh = Network.objects.in_bulk(list(networks))  # their settings may have changed
        window = captions.code_window(at)  # codes on screens are renewed with it
        walls: dict[int, object] = {
            pk: (wall_state_of_network(one, at=at).identity, window) for pk, one in fresh.items()
        }
        changed = [pk for pk in walls if self._wall_states.get(pk, walls[pk]) != walls[pk]]
        self._wall_states = walls
        return [fresh[pk].topic for pk in changed]

    async def _notice_obstacles(self) -> None:
        """Have pages of networks, idle ones too, show that everything is stopped, or the disk is full, or neither."""
        topics = {
            one.network.topic for one in self._hub.followed_feeds() if isinstance(one, NetworkFeed)
        }
        before = self._obstacles
        halt = await self._in_thread(Halt.current) if topics else None
        self._obstacles = halt, bool(topics) and disk_space.is_below_floor()
        for topic in topics if before != self._obstacles else ():
            self._hub.show_progress(Progress(topic, HaltChanged.type, {}))

    async def _follow_hours(self) -> None:
        """Have the screens of an installation that has opened or closed follow, at the minute; and
        pages of its network say so. No query while nothing has changed."""
        at = timezone.now()
        feeds = self._hub.followed_feeds()
        followed = [one.installation for one in feeds if isinstance(one, InstallationFeed)]
        followed += [one.display.installation for one in feeds if isinstance(one, DisplayFeed)]
        for pk in {one.pk for one in followed if one.dark is one.hours.is_open(at)}:
            await self._in_thread(partial(Installation.note_dark, pk, at=at))
        before, self._open = self._open, {}
        for network in {one.network for one in feeds if isinstance(one, NetworkFeed)}:
            is_open = self._open[network.pk] = network.hours.is_open(at)
            if before.get(network.pk, is_open) is not is_open:
                self._hub.show_progress(Progress(network.topic, HoursChanged.type, {}))

    async def _save_presence(self) -> None:
        seen = self._hub.audience()
        waited = time.monotonic() - self._saved_at
        due = PRESENCE_CHANGE_SECONDS if seen != self._saved else PRESENCE_SECONDS
        if waited < due:
            return
        self._saved, self._saved_at = seen, time.monotonic()
        await self._in_thread(lambda: presence.save(self.process, seen, at=timezone.now()))

    async def _count_audiences(self) -> None:
        if time.monotonic() - self._counted_at >= AUDIENCE_SECONDS:
            self._counted_at = time.monotonic()
            await self.refresh_audiences()

    async def refresh_audiences(self) -> None:
        """Have control rooms show who watches, in whichever process, where that has changed."""
        feeds = [
            one
            for one in self._hub.followed_feeds()
            if isinstance(one, NetworkFeed) and one.can_control
        ]
        networks = {feed.network.pk: feed.network for feed in feeds}
        before, self._audiences = self._audiences, {}
        for pk, network in networks.items():
            now = self._audiences[pk] = await self._in_thread(presence.audience, network)
            if now != before.get(pk):
                self._hub.show_progress(Progress(network.topic, AudienceChanged.type, {}))

    def _clear_presence(self) -> None:
        try:
            if self._saved:
                presence.save(self.process, {}, at=timezone.now())
        except DatabaseError:
            logger.info("The presence of this process could not be cleared.", exc_info=True)
        finally:
            close_connection()

    async def _in_thread(self, function: Callable[..., T], *args: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, *args)


async def run_background_task(hub: Hub) -> None:
    """For `hub.add_background_task`."""
    await DisplayBackgroundTask(hub).run()
