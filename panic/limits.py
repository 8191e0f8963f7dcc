"""How often one caller may ask the API: so that a script gone astray does not take the house down.

A bucket for each token, person or address, in the memory of the web process: it holds a minute's
calls and fills up evenly. Sockets, pages and files are not counted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from accounts.api_auth import ApiRequest

MINUTE = 60.0
MOST_KNOWN = 10_000  # callers; those whose bucket is full again are forgotten first


class Buckets:
    """When each bucket will be full again. `take` is the whole of it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, who: str, per_minute: int) -> float:
        """Take one call out of `who`'s bucket; else the seconds until there is one, and nothing is
        taken."""
        now, each = self._clock(), MINUTE / per_minute
        with self._lock:
            full_at = max(self._full_at.get(who, now), now) + each
            if full_at - now > MINUTE:
                return full_at - now - MINUTE
            if len(self._full_at) >= MOST_KNOWN and who not in self._full_at:
                self._forget(now)
            self._full_at[who] = full_at
        return 0.0

    def _forget(self, now: float) -> None:
        self._full_at = {who: at for who, at in self._full_at.items() if at > now}
        if len(self._full_at) >= MOST_KNOWN:
            self._full_at.clear()


class CallsPerMinute(BaseThrottle):
    """`API_CALLS_PER_MINUTE` for whoever asks; 0 is no limit."""

    def __init__(self) -> None:
        self._buckets = Buckets()
        self._waits = threading.local()  # one throttle serves all threads

    def allow_request(self, request: HttpRequest) -> bool:
        most: int = settings.API_CALLS_PER_MINUTE
        self._waits.seconds = self._buckets.take(_whose(request), most) if most else 0.0
        return not self._waits.seconds

    def wait(self) -> float | None:
        seconds: float = self._waits.seconds
        return seconds


def _whose(request: HttpRequest) -> str:
    """The caller, or where nobody has said who they are, the address they ask from."""
    caller = cast("ApiRequest", request).auth
    if caller.user is not None:
        credentials = request.headers.get("Authorization", "")
        return f"person {caller.user.pk} {hash(credentials)}"
    if caller.guest_of is not None:
        return f"guest {hash(request.headers['Authorization'])}"
    return f"address {request.META.get('REMOTE_ADDR', '')}"
