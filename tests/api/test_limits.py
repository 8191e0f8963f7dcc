"""How often one may ask, and what one has already is not sent again."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from accounts.models import User
from invocations.models import Run
from lib import token_buckets
from networks.models import Network

from .conftest import ApiClient, code


def test_a_bucket_holds_a_minute_and_fills_up_evenly() -> None:
    now = 0.0
    buckets = token_buckets.Buckets(clock=lambda: now)

    taken = [buckets.take("anna", 60) for _ in range(61)]
    assert taken[:60] == [0.0] * 60
    assert taken[60] == pytest.approx(1.0)
    assert buckets.take("ben", 60) == 0.0

    now = 1.0
    assert buckets.take("anna", 60) == 0.0
    assert buckets.take("anna", 60) > 0


def test_callers_of_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_buckets, "MAX_CALLERS", 3)
    now = 0.0
    buckets = token_buckets.Buckets(clock=lambda: now)
    for name in "abc":
        buckets.take(name, 1)
    assert buckets.take("a", 1) > 0

    now = 61.0
    buckets.take("d", 1)

    assert len(buckets._full_at) == 1


def test_who_asks_too_often_is_told_when_to_come_back(
    owner: ApiClient, stranger: ApiClient, network: Network, settings: Settings
) -> None:
    settings.API_CALLS_PER_MINUTE = 2

    answers = [owner.get("networks/whispers") for _ in range(3)]

    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert code(answers[2]) == (429, "too_many")
    assert 0 < int(answers[2].headers["Retry-After"]) <= 30
    assert stranger.get("models").status_code == 200


def test_a_header_written_in_another_way_is_the_same_caller(
    guest: ApiClient, alice: User, network: Network, settings: Settings
) -> None:
    settings.API_CALLS_PER_MINUTE = 1
    token = guest.headers["Authorization"].partition(" ")[2]
    browser = ApiClient()
    browser.client.force_login(alice)
    spellings = ((guest, f"terminal  {token} "), (browser, "Basic x"))

    for caller, spelling in spellings:
        first = caller.get("models")
        caller.headers["Authorization"] = spelling
        assert (first.status_code, caller.get("models").status_code) == (200, 429)


def test_no_limit_is_a_limit_of_zero(
    owner: ApiClient, network: Network, settings: Settings
) -> None:
    settings.API_CALLS_PER_MINUTE = 0

    assert {owner.get("networks").status_code for _ in range(5)} == {200}


@pytest.mark.parametrize("path", ["models", "networks/whispers", "runs/{run}"])
def test_what_has_not_changed_is_not_sent_again(path: str, owner: ApiClient, run: Run) -> None:
    path = path.format(run=run.public_id)
    first = owner.get(path)
    owner.headers["If-None-Match"] = first.headers["ETag"]

    again = owner.get(path)

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "Authorization" in again.headers["Vary"]


def test_what_has_changed_is_sent(owner: ApiClient, run: Run) -> None:
    path = f"runs/{run.public_id}"
    owner.headers["If-None-Match"] = f'W/{owner.get(path).headers["ETag"]}, "other"'
    assert owner.get(path).status_code == 304

    owner.post(f"{path}/stop")

    assert owner.get(path).json()["state"] == "stopped"


def test_refusals_have_no_tag(stranger: ApiClient, network: Network) -> None:
    answer = stranger.get("networks/whispers")

    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
