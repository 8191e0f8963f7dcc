"""Sending what waits for a board, as a worker does, and looking at what the maker got."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from asgiref.sync import async_to_sync, sync_to_async
from django.utils import timezone

from displays import boards
from displays.models.board import Board
from platforms import http
from tests.fake_servers.process import FakeServer

T = TypeVar("T")


class Threads:
    """Runs what it is given at once, on the thread that the test is on."""

    async def in_database(self, work: Callable[[], T]) -> T:
        return await sync_to_async(work)()

    async def in_media(self, work: Callable[[], T]) -> T:
        return await self.in_database(work)

    def next_holder(self) -> None:
        return None


def send(board: Board) -> None:
    """As a worker does."""

    async def sending() -> None:
        await boards.send(board.pk, Threads())
        await http.close()

    async_to_sync(sending)()
    board.refresh_from_db()


def later(board: Board, seconds: float = 16) -> None:
    """So much time goes by."""
    shift = timedelta(seconds=seconds)
    fields = ("asked_at", "due_at", "held_until")
    now = {name: at - shift for name in fields if (at := getattr(board, name))}
    Board.objects.filter(pk=board.pk).update(**now)
    board.refresh_from_db()


def sent(maker: FakeServer, board: Board) -> list[dict[str, Any]]:
    return [one for one in maker.entries("write") if one["key"] == board.key.decrypt()]


def now() -> datetime:
    return timezone.now()
