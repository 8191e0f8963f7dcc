"""The stream host: one process per machine, which keeps the encoders of all broadcasts alive.

It begins with the first broadcast that is wanted and ends a minute after the last one, so that an
installation without a stream pays nothing for it. At most two queries a second for a broadcast, most
of the time.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import select
import shutil
import socket
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django.utils.translation import gettext, override

from assets.rolling import rolling_folder
from invocations.models import Halt
from networks.models import Network

from .air import OnAirBroadcast
from .models import Broadcast, StreamTarget
from .models.broadcast import OutsideHours

logger = logging.getLogger(__name__)
TICK_SECONDS = 0.25
LOOK_SECONDS = 1.0  # at what is on
ROWS_SECONDS = 5.0  # at what is wanted, unless somebody wakes us
IDLE_SECONDS = 60.0
BLIND_SECONDS = 15.0  # so long without the database, a channel shows that it is in trouble


def holder_name() -> str:
    """This host and its successors on the same data folder of the same machine."""
    folder = hashlib.sha256(str(settings.DATA_DIR.resolve()).encode()).hexdigest()[:12]
    return f"{socket.gethostname()[:60]}:{folder}"


class StreamHost:
    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._listener.setblocking(False)
        self._holder = holder_name()
        self._on_air: dict[int, OnAirBroadcast] = {}
        self._halted = self._is_resting = False
        self._looked_at = self._rows_at = 0.0
        self._busy_at = self._seen_at = time.monotonic()
        self._alive = settings.RUN_DIR / "streamhost.alive"
        self.stopping = False

    def run(self) -> None:
        """Until nothing has been wanted for a minute, or somebody says stop."""
        remove_folders_of_gone_networks()
        while not self.stopping and time.monotonic() - self._busy_at < IDLE_SECONDS:
            self._turn()
            self._alive.touch()
            select.select([self._listener], [], [], TICK_SECONDS)
        for one in self._on_air.values():
            one.stop()
            with contextlib.suppress(DatabaseError):
                one.broadcast.release(self._holder)

    def _turn(self) -> None:
        at, now = timezone.now(), time.monotonic()
        for one in self._on_air.values():
            one.keep_alive(at)
        if self._was_woken() or now - self._rows_at >= ROWS_SECONDS:
            self._rows_at = now
            self._attempt(lambda: self._read_rows(at))
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._attempt(lambda: self._look(at))
        if self._on_air or self._is_resting:
            self._busy_at = now

    def _look(self, at: datetime) -> None:
        for one in self._on_air.values():
            language = one.broadcast.network.terminal_language or settings.LANGUAGE_CODE
            with override(language):
                one.show_next(at, halted=self._halted)

    def _read_rows(self, at: datetime) -> None:
        self._halted = Halt.current() is not None
        awake, self._is_resting = rows_to_encode(at)
        ours = {row.pk: row for row in awake if row.claim(self._holder, at=at)}
        targets: dict[int, list[StreamTarget]] = defaultdict(list)
        for target in StreamTarget.objects.enabled_ones().filter(network__broadcast__in=ours):
            targets[target.network_id].append(target)
        for pk in self._on_air.keys() - ours.keys():
            gone = self._on_air.pop(pk)
            gone.stop()
            gone.broadcast.release(self._holder)
        for pk, row in ours.items():
            if pk not in self._on_air:
                self._on_air[pk] = OnAirBroadcast(row, self._holder)
                self._on_air[pk].begin()
            self._on_air[pk].update(row, targets[row.network_id])
            self._on_air[pk].note_figures()

    def _attempt(self, work: Callable[[], None]) -> None:
        """The encoders go on without the database, and with it as soon as it is back."""
        try:
            work()
            self._seen_at = time.monotonic()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the database did not answer: %s", error)
            connection.close()
            if time.monotonic() - self._seen_at > BLIND_SECONDS:
                for one in self._on_air.values():
                    one.show_trouble(gettext("One moment, please."))

    def _was_woken(self) -> bool:
        woken = False
        with contextlib.suppress(BlockingIOError, InterruptedError):
            while True:
                self._listener.accept()[0].close()
                woken = True
        return woken


def rows_to_encode(at: datetime) -> tuple[list[Broadcast], bool]:
    """Those that are to be on air now; whether others are to be so once they open, so that we have to stay."""
    rows = list(Broadcast.objects.wanted_ones().select_related("network"))
    awake = [row for row in rows if not row.is_closed(OutsideHours.OFF, at)]
    return awake, len(awake) < len(rows)


def remove_folders_of_gone_networks() -> None:
    root = rolling_folder()
    if not root.is_dir():
        return
    names = {folder.name for folder in root.iterdir() if folder.is_dir()}
    known = set(Network.objects.filter(public_id__in=names).values_list("public_id", flat=True))
    for name in names - known:
        shutil.rmtree(root / name, ignore_errors=True)
