"""Who plays which stream, in the memory of this web process: by a random word that a page makes up, or a
hash that changes every hour for players that have none. No address is kept."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable

from django.utils import timezone

from .models import StreamViewers

VIEWER_SECONDS = 20.0  # since the last playlist; players ask every few seconds
SAVED_SECONDS = 10.0
MAX_VIEWERS = 20_000  # of one stream in one process
HOUR = 3600


class ViewerCounter:
    """`note` is called with every playlist; a row is written every ten seconds at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._process = secrets.token_hex(8)
        self._salt = secrets.token_bytes(16)
        self._seen: dict[int, dict[str, float]] = {}
        self._saved: dict[int, float] = {}
        self._lock = threading.Lock()

    def note(self, network: int, viewer: str) -> None:
        now = self._clock()
        with self._lock:
            seen = self._seen.setdefault(network, {})
            if viewer in seen or len(seen) < MAX_VIEWERS:
                seen[viewer] = now
            if now - self._saved.get(network, -SAVED_SECONDS) < SAVED_SECONDS:
                return
            self._saved[network] = now
            fresh = {one: at for one, at in seen.items() if now - at < VIEWER_SECONDS}
            self._seen[network] = fresh
        StreamViewers.save_count(network, self._process, len(fresh), at=timezone.now())

    def anonymous_id(self, given: str, address: str, program: str) -> str:
        """What a viewer is counted by. `given`: the random word of the page, if it sent one."""
        if given.isalnum() and given.isascii() and len(given) <= 40:
            return given
        hour = str(int(time.time()) // HOUR)
        told = "\0".join((hour, address, program)).encode()
        return hashlib.blake2b(told, key=self._salt, digest_size=12).hexdigest()


counter = ViewerCounter()
