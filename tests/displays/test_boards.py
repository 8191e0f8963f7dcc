"""Boards: one place in the queue, a request every 15 seconds, and no run that waits for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from displays import boards, vestaboard
from displays.models.board import LEASE, MAX_TRIES, PAUSE, Board
from tests.fake_servers.process import FakeServer

from .board_sending import later, now, send, sent

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]


def test_a_text_is_on_the_board_in_its_codes(maker: FakeServer, board: Board) -> None:
    boards.show(board, "Hello, café!", at=now())

    send(board)

    (message,) = sent(maker, board)
    fitted = vestaboard.fit("HELLO, CAFE!", vestaboard.FLAGSHIP)
    assert message["codes"] == vestaboard.codes(fitted, vestaboard.FLAGSHIP)
    assert message["token"] == message["key"]  # whichever of the maker's interfaces it is for
    assert (board.shown, board.waiting, board.due_at, board.problem) == (
        "Hello, café!",
        "",
        None,
        "",
    )
    assert board.shown_at


def test_the_newest_text_wins(maker: FakeServer, board: Board) -> None:
    for text in ("one", "two", "three"):
        boards.show(board, text, at=now())

    send(board)
    send(board)

    assert [message["said"] for message in sent(maker, board)] == ["THREE"]


def test_the_next_request_waits_for_fifteen_seconds(maker: FakeServer, board: Board) -> None:
    boards.show(board, "one", at=now())
    send(board)
    boards.show(board, "two", at=now())

    send(board)
    assert [message["said"] for message in sent(maker, board)] == ["ONE"]
    assert not Board.objects.due(now()).exists()

    later(board)
    send(board)
    assert [message["said"] for message in sent(maker, board)] == ["ONE", "TWO"]


def test_what_cannot_be_stored_or_sent_is_left_out(maker: FakeServer, board: Board) -> None:
    boards.show(board, "a\0 moth\ud800", at=now())

    send(board)

    assert board.shown == "a moth"


def test_boards_do_not_wait_for_each_other(maker: FakeServer, board: Board) -> None:
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


def test_what_a_killed_worker_held_is_sent_by_the_next(maker: FakeServer, board: Board) -> None:
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

    Board.note_shown(message, by_cloud_api=True, at=now())

    board.refresh_from_db()
    assert (board.shown, board.waiting) == ("one", "two")
    later(board)
    assert Board.objects.due(now()).exists()


@pytest.mark.parametrize(("size", "rows", "columns"), [("3x15", 3, 15), ("6x30", 6, 30)])
def test_every_size_gets_as_many_codes(
    maker: FakeServer, board: Board, size: str, rows: int, columns: int
) -> None:
    boards.change(board, size=size)
    boards.show(board, "a lighthouse that has fallen in love", at=now())

    send(board)

    (message,) = sent(maker, board)
    assert [len(row) for row in message["codes"]] == [columns] * rows
    assert board.shown


def test_pauses_grow_and_end_in_a_word(board: Board) -> None:
    boards.show(board, "one", at=now())
    pauses = []
    for _ in range(MAX_TRIES):
        later(board, 400)
        at = now()
        message = Board.take(board.pk, at=at)
        assert message
        Board.note_later(message, "Busy.", seconds=0, at=at)
        board.refresh_from_db()
        if board.due_at:
            pauses.append((board.due_at - at).total_seconds())

    assert pauses == [15, 30, 60, 120, 240, *[300] * (MAX_TRIES - 6)]
    assert board.problem == f"Busy. Given up after {MAX_TRIES} tries."
    assert not Board.objects.due(now() + timedelta(days=1)).exists()


def test_a_maker_that_cannot_be_reached_is_noted_and_tried_again(
    settings: Settings, board: Board
) -> None:
    settings.PLATFORM_URLS = {"VESTABOARD_BASE_URL": "http://127.0.0.1:9"}
    boards.show(board, "one", at=now())

    send(board)

    assert "cannot be reached" in board.problem
    assert board.due_at


def test_a_new_key_clears_what_was_said_of_the_old_one(maker: FakeServer, board: Board) -> None:
    maker.control(next=[{"error": "401"}])
    boards.show(board, "one", at=now())
    send(board)

    boards.change(board, key="another")

    assert board.problem == ""
    assert board.key.decrypt() == "another"


def test_a_key_is_encrypted_at_rest(board: Board) -> None:
    stored = Board.objects.filter(pk=board.pk).values_list("key", flat=True).get()

    assert board.key.decrypt() not in stored.ciphertext
    assert board.key.decrypt() not in repr(board.key)


def test_a_clock_that_was_set_back_holds_no_board_up(board: Board) -> None:
    boards.show(board, "one", at=now())
    ahead = now() + timedelta(hours=1)
    Board.objects.filter(pk=board.pk).update(asked_at=ahead, held_until=ahead)

    assert Board.objects.due(now()).exists()
    assert timedelta(hours=1) > PAUSE
