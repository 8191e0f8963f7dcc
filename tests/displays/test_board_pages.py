"""Boards in pages and over the API: whose they are, what is said of them, and never their key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from assets.models import Asset
from displays import boards
from displays.models.board import Board
from invocations.models import Invocation, Run
from lib.validation import Invalid
from networks.models import Network
from tests.people import Work, html_of

pytestmark = pytest.mark.django_db

PAGE, API = "/account/boards/", "/api/v1/boards"


@pytest.fixture
def board(alice: User) -> Board:
    return boards.add(owner=alice, name="panic_1", key="a-secret-key")


def send(client: Client, path: str, body: Mapping[str, object], method: str = "post") -> Any:
    call = getattr(client, method)
    return call(path, json.dumps(body), content_type="application/json")


def test_a_board_is_added_and_its_key_never_shown(owner: Client) -> None:
    answer = owner.post(f"{PAGE}add/", {"name": "panic_1", "key": "a-secret-key"}, follow=True)

    board = Board.objects.get()
    assert board.key.decrypt() == "a-secret-key"
    assert "panic_1" in html_of(answer)
    assert "a-secret-key" not in html_of(answer)
    assert "a-secret-key" not in html_of(owner.get(PAGE))


def test_what_is_wrong_is_said_and_the_name_stays(owner: Client) -> None:
    answer = owner.post(f"{PAGE}add/", {"name": "two words", "key": "k"})

    assert answer.status_code == 400
    assert "letters, digits, hyphens and underscores" in html_of(answer)
    assert "two words" in html_of(answer)


def test_a_text_is_put_up_and_shown_as_it_will_be(owner: Client, board: Board) -> None:
    answer = owner.post(f"{PAGE}{board.public_id}/show/", {"text": "Café <b>"}, follow=True)

    board.refresh_from_db()
    assert board.waiting == "Café <b>"
    assert "<i>C</i><i>A</i><i>F</i><i>E</i>" in html_of(answer)
    assert "Waits for its turn" in html_of(answer)
    assert "<b>" not in html_of(answer)


def test_a_text_no_flap_can_show_is_refused_on_the_page(owner: Client, board: Board) -> None:
    answer = owner.post(f"{PAGE}{board.public_id}/show/", {"text": "蝴蝶"})

    assert answer.status_code == 400
    assert "no flap" in html_of(answer)
    assert "蝴蝶" in html_of(answer)


def test_what_went_wrong_is_said_on_the_page(owner: Client, board: Board) -> None:
    Board.objects.update(problem="Vestaboard does not accept the key (401).")

    assert "does not accept the key (401)" in html_of(owner.get(f"{PAGE}{board.public_id}/"))


def test_an_empty_key_field_keeps_the_key(owner: Client, board: Board) -> None:
    owner.post(f"{PAGE}{board.public_id}/", {"name": "hall", "key": ""})

    board.refresh_from_db()
    assert (board.name, board.key.decrypt()) == ("hall", "a-secret-key")


def test_a_board_has_a_size_on_its_page_and_keeps_it(owner: Client) -> None:
    answer = owner.post(
        f"{PAGE}add/", {"name": "panic_1", "key": "a-secret-key", "size": "6x30"}, follow=True
    )

    board = Board.objects.get()
    assert str(board.size) == "6x30"
    assert 'data-rows="6" data-columns="30"' in html_of(answer)
    assert html_of(answer).count("<i>") == 180
    assert "4 Notes, 2 wide and 2 high: 6 rows of 30" in html_of(answer)
    owner.post(f"{PAGE}{board.public_id}/", {"name": "hall"})
    board.refresh_from_db()
    assert (board.name, str(board.size)) == ("hall", "6x30")
    owner.post(f"{PAGE}{board.public_id}/", {"name": "hall", "size": "3x15"})
    board.refresh_from_db()
    assert str(board.size) == "3x15"


def test_a_size_made_over_the_api_can_be_kept_on_the_page(owner: Client) -> None:
    made = send(owner, API, {"name": "wide", "key": "k", "size": "3x120"})
    where = f"{PAGE}{made.json()['id']}/"

    assert '<option value="3x120" selected>' in html_of(owner.get(where))
    owner.post(where, {"name": "wider", "size": "3x120"})
    assert str(Board.objects.get().size) == "3x120"


def test_the_api_knows_sizes(owner: Client, board: Board) -> None:
    where = f"{API}/{board.public_id}"
    boards.show(board, "a lighthouse that counts", at=timezone.now())

    before = owner.get(where).json()
    after = send(owner, where, {"size": "3x15"}, "patch").json()
    refused = send(owner, where, {"size": "4x15"}, "patch")

    assert before["size"] == "6x22"
    assert (after["size"], len(after["rows"]), len(after["rows"][0])) == ("3x15", 3, 15)
    assert refused.status_code == 422
    assert "multiple of 3" in refused.json()["errors"]["size"]


def test_a_board_is_removed(owner: Client, board: Board) -> None:
    owner.post(f"{PAGE}{board.public_id}/remove/")

    assert not Board.objects.exists()


@pytest.mark.parametrize("path", ["", "show/", "remove/"])
def test_a_board_is_its_owners_and_the_admins_alone(
    clients: Mapping[str, Client], board: Board, path: str
) -> None:
    where = f"{PAGE}{board.public_id}/{path}"

    others = ("stranger", "other", "collaborator")
    found = {who: clients[who].post(where).status_code for who in others}

    assert found["stranger"] == 302
    assert found["other"] == found["collaborator"] == 404
    assert clients["admin"].get(f"{PAGE}{board.public_id}/").status_code == 200


def test_the_api_lists_ones_own_and_never_a_key(
    owner: Client, other: Client, stranger: Client, board: Board
) -> None:
    mine = owner.get(API)

    assert [one["name"] for one in mine.json()["items"]] == ["panic_1"]
    assert "secret" not in html_of(mine)
    assert other.get(API).json()["items"] == []
    assert other.get(f"{API}/{board.public_id}").status_code == 404
    assert stranger.get(API).status_code == 401


def test_the_api_makes_changes_and_removes_boards(owner: Client) -> None:
    made = send(owner, API, {"name": "panic_1", "key": "k1"})
    where = f"{API}/{made.json()['id']}"

    changed = send(owner, where, {"name": "panic_2"}, "patch")
    refused = send(owner, API, {"name": "panic_2", "key": "k2"})

    assert (made.status_code, changed.json()["name"]) == (201, "panic_2")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["name"])
    assert Board.objects.get().key.decrypt() == "k1"
    assert owner.delete(where).status_code == 204


def test_a_text_or_a_step_is_put_up_over_the_api(
    owner: Client, board: Board, run: Run, work: Work
) -> None:
    step = work(run, "a balloon, red")
    where = f"{API}/{board.public_id}/messages"

    by_text = send(owner, where, {"text": "hello"})
    by_step = send(owner, where, {"invocation": step.public_id})

    assert (by_text.status_code, by_text.json()["waiting"]) == (202, "hello")
    assert by_step.json()["waiting"] == "a balloon, red"
    assert by_step.json()["rows"][2].strip() == "A BALLOON, RED"
    assert by_step.json()["state"] == "waiting"


@pytest.mark.parametrize(
    "body", [{}, {"text": "a", "invocation": "b"}, {"text": ""}, {"invocation": "nobody"}]
)
def test_a_message_that_is_none_is_refused(
    owner: Client, board: Board, body: dict[str, str]
) -> None:
    assert send(owner, f"{API}/{board.public_id}/messages", body).status_code == 422


def test_a_step_that_one_may_not_see_is_not_there(other: Client, run: Run, work: Work) -> None:
    step = work(run)
    mine = boards.add(owner=User.objects.get(email="bob@example.org"), name="mine", key="k")

    answer = send(other, f"{API}/{mine.public_id}/messages", {"invocation": step.public_id})

    assert answer.status_code == 422
    assert "no such step" in html_of(answer)


def picture() -> Asset:
    return Asset.objects.create(
        sha256="a" * 64, kind="image", content_type="image/png", extension="png", bytes=1
    )


def test_a_picture_is_the_next_text_of_its_run_else_what_it_was_made_from(
    network: Network, run: Run
) -> None:
    at = timezone.now()
    begun = {"run": run, "network": network, "slot": 0, "state": "completed"}
    first = run.invocations.get(sequence=0)
    Invocation.objects.filter(pk=first.pk).update(
        state="completed", input_text="a red balloon", output_asset=picture(), ended_at=at
    )
    first.refresh_from_db()

    alone = boards.text_of_step(first)
    Invocation.objects.create(
        **begun, sequence=1, model="x", output_text="Something red, floating.", ended_at=at
    )

    assert alone == "a red balloon"
    assert boards.text_of_step(first) == "Something red, floating."


def test_a_board_that_waits_is_due_at_once_and_only_then(board: Board) -> None:
    at = timezone.now()
    assert not Board.objects.due(at).exists()

    boards.show(board, "hello", at=at)

    assert Board.objects.due(at).exists()
    assert not Board.objects.due(at - timedelta(seconds=1)).exists()


@pytest.mark.parametrize("text", ["", "  ", "蝴蝶", "🦋"])
def test_what_no_flap_can_show_is_refused_in_words(board: Board, text: str) -> None:
    with pytest.raises(Invalid, match="no flap"):
        boards.show(board, text, at=timezone.now())


@pytest.mark.parametrize(
    ("name", "key", "field"),
    [("two words", "k", "name"), ("", "k", "name"), ("x" * 51, "k", "name"), ("a", "two words", "key"), ("a", "clé", "key"), ("panic_1", "k", "name")],
)  # fmt: skip
def test_what_a_board_cannot_be_is_said_at_its_field(
    board: Board, name: str, key: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        boards.add(owner=board.owner, name=name, key=key)

    assert list(refused.value.errors) == [field]


def test_two_people_may_have_boards_of_one_name(bob: User, board: Board) -> None:
    boards.add(owner=bob, name=board.name, key="k")

    assert list(Board.objects.known_to(bob).values_list("owner", flat=True)) == [bob.pk]


def test_chosen_boards_are_removed_where_one_knows_them(
    owner: Client, other: Client, alice: User, board: Board
) -> None:
    kept = boards.add(owner=alice, name="panic_2", key="another-key")
    chosen = {"chosen": [board.public_id]}

    other.post(f"{PAGE}remove/", {"chosen": [board.public_id, kept.public_id]})
    assert Board.objects.count() == 2
    answer = owner.post(f"{PAGE}remove/", chosen, follow=True)

    assert "Removed, with their keys: panic_1." in html_of(answer)
    assert list(Board.objects.all()) == [kept]
