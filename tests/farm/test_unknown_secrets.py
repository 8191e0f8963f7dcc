"""Who guesses secrets is held back by address, before the database is asked."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from farm import unknown_secrets
from farm.unknown_secrets import PER_MINUTE, UnknownSecrets
from lib.token_buckets import Buckets

from .conftest import SHOUT, WorkerProgram, enrolled


@pytest.fixture(autouse=True)
def time_stands(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The first entry is the time."""
    now = [100.0]
    tried = UnknownSecrets(Buckets(clock=lambda: now[0]))
    monkeypatch.setattr(unknown_secrets, "unknown_secrets", tried)
    return now


def guess(number: int, address: str = "192.0.2.7") -> Any:
    thief = WorkerProgram(f"worker_{number}")
    thief.client.defaults["REMOTE_ADDR"] = address
    return thief.call("claim", {"slots": 1})


def exhaust(address: str = "192.0.2.7") -> None:
    answers = [guess(number, address).status_code for number in range(PER_MINUTE)]
    assert answers == [401] * PER_MINUTE


@pytest.mark.django_db
def test_who_guesses_too_often_is_refused_without_a_query(
    django_assert_num_queries: DjangoAssertNumQueries, time_stands: list[float]
) -> None:
    exhaust()

    with django_assert_num_queries(0):
        refused = guess(1000)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
    assert refused["Retry-After"] == "1"
    time_stands[0] += 1.0
    assert guess(1001).status_code == 401
    assert guess(1002).status_code == 429


@pytest.mark.django_db
def test_other_addresses_are_not_held_back() -> None:
    exhaust()

    assert guess(1, "192.0.2.8").status_code == 401


@pytest.mark.django_db
def test_the_addresses_of_one_ipv6_network_count_as_one() -> None:
    exhaust("2001:db8::1")

    assert guess(1, "2001:db8::2").status_code == 429
    assert guess(1, "2001:db8:0:1::1").status_code == 401


def test_a_worker_that_is_known_goes_on_beside_who_guesses(
    worker: WorkerProgram, root: User
) -> None:
    worker.client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert worker.claim() == []
    exhaust()

    assert worker.claim() == []
    worker.row.rotate_secret()
    assert worker.call("claim", {"slots": 1}).status_code == 401  # once more it is looked up
    assert worker.call("claim", {"slots": 1}).status_code == 429


def test_who_says_nothing_is_asked_who_they_are(
    django_assert_num_queries: DjangoAssertNumQueries, root: User
) -> None:
    exhaust()

    with django_assert_num_queries(0):
        assert WorkerProgram("").sign_on(SHOUT).status_code == 401
    assert enrolled(root).sign_on(SHOUT).status_code == 200  # from another address
