"""Who sees what, besides the table of `tests/permissions/calls.py`."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.utils import timezone

from invocations.models import Run
from networks.models import Network, TerminalToken

from .conftest import ApiClient, problem

CAST = ("stranger", "guest", "other", "collaborator", "owner", "admin")


def test_what_a_run_cost_is_for_owner_and_admin(
    callers: Mapping[str, ApiClient], public: Network, run: Run
) -> None:
    path = f"runs/{run.public_id}/bundle?costs=1"

    found = {who: caller.send("GET", path).status_code for who, caller in callers.items()}

    assert found == dict(zip(CAST, (401, 403, 403, 403, 200, 200), strict=True))


def test_a_private_network_cannot_be_told_from_none(
    stranger: ApiClient, other: ApiClient, network: Network
) -> None:
    for caller in (stranger, other):
        there = problem(caller.get("networks/whispers"))
        nowhere = problem(caller.get("networks/no-such-network"))
        assert there == nowhere


def test_networks_lists_ones_own_shared_and_public_ones(
    callers: Mapping[str, ApiClient], network: Network
) -> None:
    Network.create(network.owner, name="Open", public=True)

    listed = {
        who: {item["slug"] for item in caller.get("networks").json()["items"]}
        for who, caller in callers.items()
    }

    for who in ("owner", "collaborator", "admin"):
        assert listed[who] == {"open", "whispers"}
    for who in ("stranger", "guest", "other"):
        assert listed[who] == {"open"}


def test_runs_lists_only_those_of_networks_one_sees(
    callers: Mapping[str, ApiClient], run: Run
) -> None:
    counts = {who: len(caller.get("runs").json()["items"]) for who, caller in callers.items()}

    assert counts == dict(zip(CAST, (0, 0, 0, 1, 1, 1), strict=True))


def test_a_terminal_token_opens_no_other_network(guest: ApiClient, network: Network) -> None:
    Network.create(network.owner, name="Open", public=True, slots=network.slots)
    Network.create(network.owner, name="Closed", slots=network.slots)

    answers = [guest.post(f"networks/{slug}/runs", {"prompt": "x"}) for slug in ("open", "closed")]

    assert [answer.status_code for answer in answers] == [403, 404]


def test_a_revoked_or_expired_terminal_token_opens_nothing(
    owner: ApiClient, network: Network
) -> None:
    issued = owner.post("networks/whispers/terminal-tokens").json()
    _late, plain = TerminalToken.issue(network, at=timezone.now() - TerminalToken.LIFETIME)

    owner.delete(f"networks/whispers/terminal-tokens/{issued['id']}")

    for text in (issued["token"], plain, "", "\xff\xfe", "x" * 5000):
        answer = ApiClient(f"Terminal {text}").post("networks/whispers/runs", {"prompt": "x"})
        assert answer.status_code == 401


def test_a_token_that_nobody_has_is_refused_even_where_anybody_may_look(
    db: None, public: Network
) -> None:
    answer = ApiClient("Bearer wrong").get("networks/whispers")

    assert problem(answer)["code"] == "not_signed_in"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_somebody_who_was_shut_out_is_nobody(owner: ApiClient, network: Network) -> None:
    network.owner.is_active = False
    network.owner.save()

    assert owner.get("networks/whispers").status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_in_any_case(scheme: str, owner: ApiClient, network: Network) -> None:
    plain = owner.headers["Authorization"].partition(" ")[2]

    assert ApiClient(f"{scheme} {plain}").get("networks/whispers").status_code == 200
