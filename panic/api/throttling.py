"""How often one caller may ask the API: so that one script cannot keep the server busy.

A bucket (lib/token_buckets.py) for each token, person or address. Sockets, pages and files are not counted.
"""

from __future__ import annotations

import threading
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from accounts.api.auth import ApiRequest, credentials_of
from lib.proxies import counted_address
from lib.token_buckets import Buckets


class CallsPerMinute(BaseThrottle):
    """`API_CALLS_PER_MINUTE` for whoever asks; 0 is no limit."""

    def __init__(self) -> None:
        self._buckets = Buckets()
        self._waits = threading.local()  # one throttle serves all threads

    def allow_request(self, request: HttpRequest) -> bool:
        most: int = settings.API_CALLS_PER_MINUTE
        self._waits.seconds = self._buckets.take(self.whose(request), most) if most else 0.0
        return not self._waits.seconds

    def wait(self) -> float | None:
        seconds: float = self._waits.seconds
        return seconds

    def whose(self, request: HttpRequest) -> str:
        """The caller, or where nobody has said who they are, the address they ask from."""
        caller = cast("ApiRequest", request).auth
        if caller.user is not None:
            return f"person {caller.user.pk} {hash(credentials_of(request, 'bearer'))}"
        if caller.guest_of is not None:
            return f"guest {hash(credentials_of(request, 'terminal'))}"
        return f"address {counted_address(request)}"
