"""With whom a network is shared: by address, without a word on who exists."""

from __future__ import annotations

import pytest

from accounts import members
from accounts.models import User
from networks import sharing
from networks.models import Network

from .conftest import ApiClient, code, problem

PATH = "networks/whispers"
LIST = f"{PATH}/collaborators"


def test_whoever_is_on_the_list_may_look_and_control(
    owner: ApiClient, other: ApiClient, network: Network
) -> None:
    before = other.get(PATH).status_code

    added = owner.post(LIST, {"email": " Bob@Example.org "})

    assert (added.status_code, added.json()["email"]) == (201, "bob@example.org")
    assert (before, other.get(PATH).status_code) == (404, 200)
    assert other.post(f"{PATH}/stop").status_code == 200
    assert other.patch(PATH, {"name": "Mine"}).status_code == 403


def test_the_answer_is_the_same_whether_or_not_there_is_an_account(
    owner: ApiClient, other: ApiClient, network: Network
) -> None:
    answers = [owner.post(LIST, {"email": f"{name}@example.org"}) for name in ("bob", "nobody")]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert {tuple(answer.json()) for answer in answers} == {("id", "email", "role", "created_at")}
    assert [one["email"] for one in owner.get(LIST).json()["items"]] == [
        "bob@example.org",
        "nobody@example.org",
    ]


def test_who_gets_an_account_later_gets_in_with_it(owner: ApiClient, network: Network) -> None:
    owner.post(LIST, {"email": "dora@example.org"})

    dora = members.invite("Dora@example.org", admin=False)

    assert network.may_control(dora)


def test_twice_is_once(owner: ApiClient, network: Network) -> None:
    ids = {owner.post(LIST, {"email": "bob@example.org"}).json()["id"] for _ in range(2)}

    assert len(ids) == 1


@pytest.mark.parametrize(
    ("email", "sentence"),
    [("nobody", "no e-mail address"), ("", "no e-mail"), ("ALICE@example.org", "theirs already")],
)
def test_what_cannot_be_shared_says_why(
    email: str, sentence: str, owner: ApiClient, network: Network
) -> None:
    answer = owner.post(LIST, {"email": email})

    assert code(answer) == (422, "invalid")
    assert sentence in problem(answer)["errors"]["email"]


def test_a_list_has_an_end(
    owner: ApiClient, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "MAX_SHARES", 2)
    answers = [owner.post(LIST, {"email": f"p{n}@example.org"}).status_code for n in range(3)]

    assert answers == [201, 201, 422]


def test_whoever_is_taken_off_the_list_is_a_stranger_again(
    owner: ApiClient, other: ApiClient, network: Network
) -> None:
    share = owner.post(LIST, {"email": "bob@example.org"}).json()["id"]

    assert owner.delete(f"{LIST}/{share}").status_code == 204

    assert other.get(PATH).status_code == 404
    assert owner.delete(f"{LIST}/{share}").status_code == 404


def test_the_list_of_one_network_does_not_reach_into_another(
    owner: ApiClient, network: Network
) -> None:
    owner.post("networks", {"name": "Else"})
    share = owner.post("networks/else/collaborators", {"email": "bob@example.org"}).json()["id"]

    assert owner.delete(f"{LIST}/{share}").status_code == 404


def test_a_collaborator_leaves(owner: ApiClient, other: ApiClient, network: Network) -> None:
    owner.post(LIST, {"email": "bob@example.org"})

    assert other.post(f"{PATH}/leave").status_code == 204

    assert other.get(PATH).status_code == 404
    assert owner.get(LIST).json()["items"] == []
    assert owner.post(f"{PATH}/leave").status_code == 403


def test_an_account_that_was_shut_out_and_let_in_helps_again(
    root: User, owner: ApiClient, network: Network, alice: User
) -> None:
    dora = User.objects.create_user("dora@example.org")
    owner.post(LIST, {"email": "dora@example.org"})

    members.close(dora, by=root)
    assert not network.may_control(dora)
    members.reopen(dora, by=root)

    assert network.may_control(dora)
