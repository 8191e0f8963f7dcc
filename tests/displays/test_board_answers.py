"""What a board's maker may answer, and what becomes of the text."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from displays import boards
from displays.models.board import Board
from tests.fake_servers.process import FakeServer

from .board_sending import later, now, send, sent

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]


def test_the_same_text_again_is_as_good_as_shown(maker: FakeServer, board: Board) -> None:
    maker.control(next=[{"error": "304"}])
    boards.show(board, "one", at=now())

    send(board)

    assert (board.shown, board.problem, board.due_at) == ("one", "", None)


def test_what_the_maker_says_is_there_already_is_as_good_as_shown(
    maker: FakeServer, board: Board
) -> None:
    there = "Message fingerprint matches the message that is already displayed on the board"
    maker.control(next=[{"status": 405, "said": there}])
    boards.show(board, "one", at=now())

    send(board)

    assert (board.shown, board.problem, board.due_at) == ("one", "", None)


@pytest.mark.parametrize(
    "answered",
    [
        {"page": "<html><title>Back soon</title></html>"},
        {"page": ""},
        {"page": "OK"},
        {"inside": []},
    ],
)
def test_what_is_no_answer_of_the_makers_is_not_shown(
    maker: FakeServer, board: Board, answered: dict[str, object]
) -> None:
    maker.control(next=[answered])
    boards.show(board, "one", at=now())

    send(board)
    assert (board.shown, board.waiting) == ("", "one")
    assert board.problem.startswith("Something else than Vestaboard answered")
    assert ("Back soon" in board.problem) is ("title" in str(answered))

    later(board, 40)
    send(board)
    assert (board.shown, board.problem) == ("one", "")


def test_an_error_inside_of_a_good_answer_is_not_shown(maker: FakeServer, board: Board) -> None:
    maker.control(next=[{"inside": {"status": "error", "message": "Board is asleep"}}])
    boards.show(board, "one", at=now())

    send(board)

    assert board.shown == ""
    assert board.problem == "Vestaboard answered 200: Board is asleep"


@pytest.mark.parametrize("status", [408, 409, 423, 425, 429, 500, 503])
def test_the_makers_words_are_said_while_it_is_waited_for(
    maker: FakeServer, board: Board, status: int
) -> None:
    maker.control(next=[{"status": status, "said": "The board is updating its firmware"}])
    boards.show(board, "one", at=now())

    send(board)
    assert "The board is updating its firmware" in board.problem
    assert board.waiting == "one"

    later(board, 40)
    send(board)
    assert (board.shown, board.problem) == ("one", "")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_the_makers_words_reach_the_person_without_the_key(
    maker: FakeServer, board: Board, status: int
) -> None:
    key = board.key.decrypt()
    maker.control(next=[{"status": status, "said": f"No board for {key}, of 3 by 15"}])
    boards.show(board, "one", at=now())

    send(board)

    assert f"{status}" in board.problem
    assert "No board for ••••, of 3 by 15" in board.problem
    assert key not in board.problem


def test_a_key_finds_the_interface_that_knows_it(
    maker: FakeServer, board: Board, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PLATFORM_URLS = {}
    monkeypatch.setattr(boards, "CLOUD_ADDRESS", f"{maker.url}/cloud")
    monkeypatch.setattr(boards, "ADDRESS", f"{maker.url}/rw")
    maker.control(next=[{"status": 401}])
    boards.show(board, "one", at=now())
    send(board)
    later(board)
    boards.show(board, "two", at=now())
    send(board)

    assert board.shown == "two"
    assert [one["path"] for one in sent(maker, board)] == ["/cloud/", "/rw/", "/rw/"]


def test_joined_notes_are_asked_for_in_the_cloud_alone(
    maker: FakeServer, board: Board, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PLATFORM_URLS = {}
    monkeypatch.setattr(boards, "CLOUD_ADDRESS", f"{maker.url}/cloud")
    monkeypatch.setattr(boards, "ADDRESS", f"{maker.url}/rw")
    boards.change(board, size="3x30")
    maker.control(next=[{"status": 403}])
    boards.show(board, "one", at=now())

    send(board)

    assert "does not accept the key (403)" in board.problem
    assert [one["path"] for one in sent(maker, board)] == ["/cloud/"]


@pytest.mark.parametrize("status", ["503", "429", "500", "502", "drop"])
def test_a_maker_that_is_busy_is_asked_again_later(
    maker: FakeServer, board: Board, status: str
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
    maker: FakeServer, board: Board
) -> None:
    maker.control(next=[{"error": "429", "retry_after": 120}])
    boards.show(board, "one", at=now())

    send(board)

    assert board.due_at
    assert 100 < (board.due_at - now()).total_seconds() < 130


@pytest.mark.parametrize(
    ("status", "said"),
    [("401", "does not accept the key"), ("403", "does not accept the key"), ("400", "answered 400"), ("404", "answered 404")],
)  # fmt: skip
def test_what_will_never_be_is_noted_and_not_tried_again(
    maker: FakeServer, board: Board, status: str, said: str
) -> None:
    maker.control(next=[{"error": status}])
    boards.show(board, "one", at=now())

    send(board)

    assert said in board.problem
    assert board.key.decrypt() not in board.problem
    assert (board.waiting, board.due_at) == ("", None)
