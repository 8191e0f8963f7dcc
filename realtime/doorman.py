"""Asks every few seconds whether those who were let in still may be.

A collaborator is removed, a token revoked or expired, a session ended, a network closed: none of it
is an event of what they follow. Those with equal tickets are asked for once, so that the queries
grow with the people, not with their screens.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Protocol

from .feeds import Denied, Feed

logger = logging.getLogger(__name__)

EVERY = 3.0  # seconds


class Guest(Protocol):
    """A socket that was let in."""

    @property
    def ticket(self) -> str | None:
        """Guests with equal tickets are judged together; None = whoever came may stay."""
        ...

    async def ask_again(self) -> Feed: ...

    def readmitted(self, feed: Feed) -> None: ...

    def turn_away(self, code: int) -> None: ...


class Doorman:
    """One per hub."""

    def __init__(self) -> None:
        self._asked_at = time.monotonic()
        self._round: asyncio.Task[None] | None = None

    def look(self, guests: Iterable[Guest], now: float) -> None:
        """Begin a round where one is due; never two at once."""
        if now - self._asked_at < EVERY or (self._round and not self._round.done()):
            return
        self._asked_at = now
        groups: dict[str, list[Guest]] = {}
        for guest in guests:
            if guest.ticket is not None:
                groups.setdefault(guest.ticket, []).append(guest)
        if groups:
            self._round = asyncio.create_task(_ask(groups.values()))

    def leave(self) -> None:
        if self._round is not None:
            self._round.cancel()


async def _ask(groups: Iterable[list[Guest]]) -> None:
    for guests in groups:
        try:
            feed = await guests[0].ask_again()
        except Denied as denied:
            for guest in guests:
                guest.turn_away(denied.code)
        except Exception:  # a border: while the database is away, nobody is sent away
            logger.warning("Who may follow could not be asked.", exc_info=True)
        else:
            for guest in guests:
                guest.readmitted(feed)
