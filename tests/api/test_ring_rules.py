"""The rules of a ring through the API: each with rings that keep it and rings that break it."""

from __future__ import annotations

import pytest

from networks.models import Network
from tests.networks.ring_cases import BAD, GOOD, Bad, Good, are_as_expected

from .conftest import ApiClient, code, problem

PATH = "networks/whispers"
each_good = pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
each_bad = pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
each_spelling = pytest.mark.parametrize("spelling", ["model_ids", "slots"])


def body(case: Good | Bad, spelling: str) -> dict[str, object]:
    if spelling == "model_ids":
        return {"model_ids": list(case.ring)}
    return {"slots": [{"model": model} for model in case.ring]}


@each_good
@each_spelling
def test_a_good_ring_is_saved(
    case: Good, spelling: str, owner: ApiClient, network: Network
) -> None:
    answer = owner.patch(PATH, body(case, spelling))

    assert answer.status_code == 200
    assert answer.json()["model_ids"] == list(case.ring)
    assert owner.get(PATH).json()["model_ids"] == list(case.ring)


@each_bad
@each_spelling
def test_a_bad_ring_is_told_with_all_that_is_wrong_and_nothing_is_saved(
    case: Bad, spelling: str, owner: ApiClient, network: Network
) -> None:
    before = network.slots

    answer = owner.patch(PATH, {"name": "Shouts", **body(case, spelling)})

    assert code(answer) == (422, "invalid_ring")
    assert are_as_expected(problem(answer)["problems"], case), problem(answer)["problems"]
    network.refresh_from_db()
    assert (network.name, network.slots) == ("Whispers", before)


@each_good
def test_a_network_is_made_with_a_good_ring(case: Good, owner: ApiClient) -> None:
    answer = owner.post("networks", {"name": "Horses", **body(case, "model_ids")})

    assert answer.status_code == 201
    assert answer.json()["model_ids"] == list(case.ring)


@pytest.mark.parametrize("case", [one for one in BAD if one.ring], ids=lambda case: case.name)
def test_a_network_is_not_made_with_a_bad_one(case: Bad, owner: ApiClient) -> None:
    answer = owner.post("networks", {"name": "Horses", **body(case, "model_ids")})

    assert code(answer) == (422, "invalid_ring")
    assert are_as_expected(problem(answer)["problems"], case)
    assert not Network.objects.exists()


def test_a_new_network_may_be_empty_and_cannot_run_until_it_is_not(owner: ApiClient) -> None:
    made = owner.post("networks", {"name": "Horses"})
    started = owner.post("networks/horses/runs", {"prompt": "a red balloon"})

    assert (made.status_code, made.json()["runnable"]) == (201, False)
    assert code(started) == (422, "not_runnable")


def test_an_empty_network_that_was_filled_cannot_be_emptied_again(owner: ApiClient) -> None:
    owner.post("networks", {"name": "Horses"})
    owner.patch("networks/horses", {"model_ids": [GOOD[0].ring[0]]})

    answer = owner.patch("networks/horses", {"model_ids": []})

    assert code(answer) == (422, "invalid_ring")
    assert owner.get("networks/horses").json()["model_ids"] == [GOOD[0].ring[0]]


def test_a_ring_whose_model_is_gone_says_so_and_is_not_started(
    owner: ApiClient, network: Network
) -> None:
    Network.objects.filter(pk=network.pk).update(slots=[{"model": "acme:gone"}])

    shown = owner.get(PATH).json()
    started = owner.post(f"{PATH}/runs", {"prompt": "a red balloon"})

    assert shown["runnable"] is False
    assert "no model called “acme:gone”" in shown["problems"][0]
    assert code(started) == (422, "not_runnable")
