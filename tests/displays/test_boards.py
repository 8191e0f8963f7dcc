"""Boards: one place in the queue, a request every 15 seconds, and no run that waits for them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from displays import boards, vestaboard
from displays.board import LEASE, MOST_TRIES, PAUSE, Board
from platforms import web
from tests.standins.process import StandIn, standing_in

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

T = TypeVar("T")


class Desk:
    """Runs what it is given at once, on the thread that the test is on."""

    async def in_database(self, work: Callable[[], T]) -> T:
        return await sync_to_async(work)()

    async def in_media(self, work: Callable[[], T]) -> T:
        return work()

    def follower(self) -> str:
        return ""


@pytest.fixture(scope="module")
def maker_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    journal: Path = tmp_path_factory.mktemp("vestaboard") / "journal.jsonl"
    with standing_in("vestaboard", journal) as one:
        yield one


@pytest.fixture
def maker(maker_process: StandIn, settings: Settings) -> StandIn:
    """The stand-in of the maker's API, in its place."""
    settings.PLATFORM_URLS = {"VESTABOARD_BASE_URL": maker_process.url}
    maker_process.control(default={"error": "", "seconds": 0}, next=[])
    return maker_process


@pytest.fixture
def board(db: None) -> Board:
    owner = User.objects.create_user("alice@example.org")
    return boards.add(owner=owner, name="panic_1", key=f"key-{uuid.uuid4().hex}")


def send(board: Board) -> None:
    """As a worker does."""

    async def sending() -> None:
        await boards.send(board.pk, Desk())
        await web.close()

    async_to_sync(sending)()
    board.refresh_from_db()


def later(board: Board, seconds: float = 16) -> None:
    """So much time goes by."""
    shift = timedelta(seconds=seconds)
    fields = ("asked_at", "due_at", "held_until")
    now = {name: at - shift for name in fields if (at := getattr(board, name))}
    Board.objects.filter(pk=board.pk).update(**now)
    board.refresh_from_db()


def sent(maker: StandIn, board: Board) -> list[dict[str, Any]]:
    return [one for one in maker.entries("write") if one["key"] == board.key.reveal()]


def now() -> datetime:
    return timezone.now()


def test_a_text_is_on_the_board_in_its_codes(maker: StandIn, board: Board) -> None:
    boards.show(board, "Hello, café!", at=now())

    send(board)

    (message,) = sent(maker, board)
    assert message["codes"] == vestaboard.codes(vestaboard.fit("HELLO, CAFE!"))
    assert (board.shown, board.waiting, board.due_at, board.problem) == (
        "Hello, café!",
        "",
        None,
        "",
    )
    assert board.shown_at


def test_the_newest_text_wins(maker: StandIn, board: Board) -> None:
    for text in ("one", "two", "three"):
        boards.show(board, text, at=now())

    send(board)
    send(board)

    assert [message["said"] for message in sent(maker, board)] == ["THREE"]


def test_the_next_request_waits_for_fifteen_seconds(maker: StandIn, board: Board) -> None:
    boards.show(board, "one", at=now())
    send(board)
    boards.show(board, "two", at=now())

    send(board)
    assert [message["said"] for message in sent(maker, board)] == ["ONE"]
    assert not Board.objects.due(now()).exists()

    later(board)
    send(board)
    assert [message["said"] for message in sent(maker, board)] == ["ONE", "TWO"]


def test_what_cannot_be_stored_or_sent_is_left_out(maker: StandIn, board: Board) -> None:
    boards.show(board, "a\0 moth\ud800", at=now())

    send(board)

    assert board.shown == "a moth"


def test_boards_do_not_wait_for_each_other(maker: StandIn, board: Board) -> None:
    other = boards.add(owner=board.owner, name="panic_2", key="another-key")
    boards.show(board, "one", at=now())
    send(board)

    boards.show(other, "two", at=now())
    send(other)

    assert other.shown == "two"


def test_only_one_worker_sends(board: Board) -> None:
    boards.show(board, "one", at=now())

    assert Board.take(board.pk, at=now())
    assert Board.take(board.pk, at=now()) is None


def test_what_a_killed_worker_held_is_sent_by_the_next(maker: StandIn, board: Board) -> None:
    boards.show(board, "one", at=now())
    Board.take(board.pk, at=now())
    board.refresh_from_db()

    later(board, LEASE.total_seconds() + 1)
    send(board)

    assert board.shown == "one"


def test_a_newer_text_that_comes_while_one_is_sent_waits_on(board: Board) -> None:
    boards.show(board, "one", at=now())
    message = Board.take(board.pk, at=now())
    assert message
    boards.show(board, "two", at=now())

    Board.note_shown(message, at=now())

    board.refresh_from_db()
    assert (board.shown, board.waiting) == ("one", "two")
    later(board)
    assert Board.objects.due(now()).exists()


def test_the_same_text_again_is_as_good_as_shown(maker: StandIn, board: Board) -> None:
    maker.control(next=[{"error": "304"}])
    boards.show(board, "one", at=now())

    send(board)

    assert (board.shown, board.problem, board.due_at) == ("one", "", None)


@pytest.mark.parametrize("status", ["503", "429", "500", "502", "drop"])
def test_a_maker_that_is_busy_is_asked_again_later(
    maker: StandIn, board: Board, status: str
) -> None:
    maker.control(next=[{"error": status}])
    boards.show(board, "one", at=now())

    send(board)
    assert board.problem
    assert board.due_at
    assert board.due_at > now()
    assert board.waiting == "one"

    later(board, 40)
    send(board)
    assert (board.shown, board.problem) == ("one", "")


def test_a_maker_that_says_for_how_long_is_believed_within_reason(
    maker: StandIn, board: Board
) -> None:
    maker.control(next=[{"error": "429", "retry_after": 120}])
    boards.show(board, "one", at=now())

    send(board)

    assert board.due_at
    assert 100 < (board.due_at - now()).total_seconds() < 130


def test_pauses_grow_and_end_in_a_word(board: Board) -> None:
    boards.show(board, "one", at=now())
    pauses = []
    for _ in range(MOST_TRIES):
        later(board, 400)
        at = now()
        message = Board.take(board.pk, at=at)
        assert message
        Board.note_later(message, "Busy.", seconds=0, at=at)
        board.refresh_from_db()
        if board.due_at:
            pauses.append((board.due_at - at).total_seconds())

    assert pauses == [15, 30, 60, 120, 240, *[300] * (MOST_TRIES - 6)]
    assert board.problem == f"Busy. Given up after {MOST_TRIES} tries."
    assert not Board.objects.due(now() + timedelta(days=1)).exists()


@pytest.mark.parametrize(
    ("status", "said"),
    [("401", "does not accept the key"), ("403", "does not accept the key"), ("400", "answered 400"), ("404", "answered 404")],
)  # fmt: skip
def test_what_will_never_be_is_noted_and_not_tried_again(
    maker: StandIn, board: Board, status: str, said: str
) -> None:
    maker.control(next=[{"error": status}])
    boards.show(board, "one", at=now())

    send(board)

    assert said in board.problem
    assert board.key.reveal() not in board.problem
    assert (board.waiting, board.due_at) == ("", None)


def test_a_maker_that_cannot_be_reached_is_noted_and_tried_again(
    settings: Settings, board: Board
) -> None:
    settings.PLATFORM_URLS = {"VESTABOARD_BASE_URL": "http://127.0.0.1:9"}
    boards.show(board, "one", at=now())

    send(board)

    assert "cannot be reached" in board.problem
    assert board.due_at


def test_a_new_key_clears_what_was_said_of_the_old_one(maker: StandIn, board: Board) -> None:
    maker.control(next=[{"error": "401"}])
    boards.show(board, "one", at=now())
    send(board)

    boards.change(board, key="another")

    assert board.problem == ""
    assert board.key.reveal() == "another"


def test_a_key_is_encrypted_at_rest(board: Board) -> None:
    stored = Board.objects.filter(pk=board.pk).values_list("key", flat=True).get()

    assert board.key.reveal() not in stored.sealed
    assert board.key.reveal() not in repr(board.key)


def test_a_clock_that_was_set_back_holds_no_board_up(board: Board) -> None:
    boards.show(board, "one", at=now())
    ahead = now() + timedelta(hours=1)
    Board.objects.filter(pk=board.pk).update(asked_at=ahead, held_until=ahead)

    assert Board.objects.due(now()).exists()
    assert timedelta(hours=1) > PAUSE
