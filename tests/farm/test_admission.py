"""Calls of workers that the application does not hear of, and the turns of those that it does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from farm import unknown_secrets
from farm.admission import (
    BYTES_OF_A_CALL,
    CALLS_OF_WORK,
    CALLS_PER_MINUTE,
    FRUITLESS_PER_MINUTE,
    GIVEN,
    CallAdmission,
    FarmCaller,
)
from farm.turns import FairTurns
from farm.unknown_secrets import PER_MINUTE, UnknownSecrets
from lib.token_buckets import Buckets


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> UnknownSecrets:
    """Of whose secrets "ada" and "eve" are workers'; time stands."""
    found = UnknownSecrets(Buckets(lambda: 0.0))
    for secret in ("ada", "eve"):
        found.note(secret, known=True)
    monkeypatch.setattr(unknown_secrets, "unknown_secrets", found)
    return found


@pytest.fixture
def admission() -> CallAdmission:
    return CallAdmission(Buckets(lambda: 0.0), Buckets(lambda: 0.0))


def call(
    admission: CallAdmission,
    secret: str,
    status: int,
    *,
    path: str = "claim",
    method: str = "POST",
    given: Sequence[str] = (),
    address: str = "192.0.2.1",
    size: int = 0,
) -> bool:
    """Whether the application hears of it."""
    scope: dict[str, Any] = {"path": f"/api/farm/v1/{path}", "method": method, GIVEN: list(given)}
    scope["client"] = (address, 1)
    scope["headers"] = [(b"authorization", f"Bearer {secret}".encode())] if secret else []
    scope["headers"].append((b"content-length", str(size).encode()))
    caller = FarmCaller(scope)
    if admission.held_back(caller, method):
        return False
    admission.note(caller, scope, status)
    return True


def let_through(admission: CallAdmission, times: int, **fields: Any) -> int:
    return sum(call(admission, **fields) for _ in range(times))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("claim", 204),
        ("claim", 423),
        ("sign-on", 200),
        ("sign-on", 409),
        ("attempts/0/renew", 409),
        ("attempts/0/finish", 409),
        ("blobs/0", 422),
    ],
)
def test_calls_that_come_to_nothing_are_heard_of_now_and_then(
    admission: CallAdmission, path: str, status: int
) -> None:
    heard = let_through(admission, 1_000, secret="eve", path=path, status=status)

    assert FRUITLESS_PER_MINUTE - 1 <= heard <= FRUITLESS_PER_MINUTE
    assert call(admission, "ada", 204), "another worker is not held back"


def test_calls_for_work_that_one_has_are_limited_too(admission: CallAdmission) -> None:
    heard = let_through(admission, 5_000, secret="eve", path="attempts/1/log", status=200)

    assert CALLS_PER_MINUTE - 1 <= heard <= CALLS_PER_MINUTE


def test_long_bodies_count_as_several_calls_but_for_files(admission: CallAdmission) -> None:
    many = 100 * BYTES_OF_A_CALL
    log = let_through(admission, 500, secret="eve", path="attempts/1/log", status=200, size=many)
    assert log <= CALLS_PER_MINUTE / 100

    files = {"path": "blobs/1", "status": 201, "method": "PUT", "size": many}
    assert let_through(admission, 500, secret="ada", **files) == 500


def test_who_works_fast_is_not_held_back(admission: CallAdmission) -> None:
    """Each step with a claim in vain before it, in no time at all."""
    for number in range(2_000):
        assert call(admission, "ada", 204)
        assert call(admission, "ada", 200, given=[f"step {number}"])
        for path in ["log"] * (CALLS_OF_WORK - 4) + ["finish"]:
            assert call(admission, "ada", 200, path=f"attempts/{number}/{path}")


def test_asking_for_the_same_work_again_is_no_work(admission: CallAdmission) -> None:
    heard = let_through(admission, 1_000, secret="eve", status=200, given=["mine"])

    assert FRUITLESS_PER_MINUTE <= heard <= FRUITLESS_PER_MINUTE + 2


def test_reading_is_not_counted(admission: CallAdmission) -> None:
    assert let_through(admission, 5_000, secret="ada", status=404, path="blobs/0", method="HEAD")
    assert call(admission, "ada", 204)


def test_secrets_that_are_not_known_are_counted_by_address(
    admission: CallAdmission, known: UnknownSecrets
) -> None:
    for _ in range(PER_MINUTE):
        known._counts.take("192.0.2.1", PER_MINUTE)

    assert not call(admission, "guess", 401)
    assert call(admission, "guess", 401, address="192.0.2.2")
    assert call(admission, "ada", 204), "a worker beside it goes on"


def test_enrolment_is_counted_by_address(admission: CallAdmission) -> None:
    assert let_through(admission, 500, secret="", path="enrol", status=403) <= FRUITLESS_PER_MINUTE
    assert call(admission, "", 201, path="enrol", address="192.0.2.2")


def test_each_caller_has_a_turn_as_often_as_any_other() -> None:
    async def scene() -> list[str]:
        turns, order = FairTurns(1), list[str]()

        async def one(who: str) -> None:
            async with turns.turn(who):
                order.append(who)
                await asyncio.sleep(0)

        calls = [one("eve") for _ in range(5)] + [one("ada"), one("bob"), one("ada")]
        tasks = [asyncio.ensure_future(call) for call in calls]
        await asyncio.sleep(0)
        tasks[1].cancel()  # whoever hangs up is passed over
        await asyncio.gather(*tasks, return_exceptions=True)
        assert turns._free == 1
        return order

    assert asyncio.run(scene()) == ["eve", "ada", "bob", "eve", "ada", "eve", "eve"]
