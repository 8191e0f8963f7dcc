"""Secrets that no worker has: how many one client address may try, so that who guesses keeps the database from
nobody.

Counted in the memory of this process, by the address that limits count by (`lib.proxies`). What this process has
once found to be a worker's secret is not held back: a worker goes on beside somebody who guesses at the
same address.
"""

from __future__ import annotations

import threading

from django.http import HttpRequest

from accounts.models.api_token import digest
from lib.proxies import counted_address
from lib.token_buckets import Buckets

from .models import FarmWorker

PER_MINUTE = 60  # of one address
MAX_KNOWN = 10_000  # digests that are remembered


class TooManyUnknown(Exception):
    """Too many secrets of this address were unknown. `seconds` until one is looked up again."""

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many secrets from this address are not known. Wait a little.")
        self.seconds = seconds


class UnknownSecrets:
    """What this process has learned of secrets."""

    def __init__(self, counts: Buckets | None = None) -> None:
        self._counts = counts or Buckets()
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def worker(self, request: HttpRequest, secret: str) -> FarmWorker | None:
        """Whose it is; None where it is nobody's, which counts. Raises TooManyUnknown, without a query."""
        if not secret:
            return None
        address = counted_address(request)
        self.check(secret, address)
        found = FarmWorker.from_secret(secret)
        self.note(secret, known=found is not None)
        if found is None:
            self._counts.take(address, PER_MINUTE)
        return found

    def is_known(self, secret: str) -> bool:
        """Whether it was a worker's when this process last looked it up."""
        return digest(secret) in self._known

    def check(self, secret: str, address: str) -> None:
        """Raises TooManyUnknown where it is not to be looked up now. No query."""
        if not secret or self.is_known(secret):
            return
        if left := self._counts.wait(address, PER_MINUTE):
            raise TooManyUnknown(left)

    def note(self, secret: str, *, known: bool) -> None:
        """What the database has said of it."""
        name = digest(secret)
        if known == (name in self._known):
            return
        with self._lock:
            if not known:
                self._known.discard(name)
            else:
                if len(self._known) >= MAX_KNOWN:
                    self._known.clear()
                self._known.add(name)


unknown_secrets = UnknownSecrets()
