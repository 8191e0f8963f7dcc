"""A machine becomes a worker: with a token that is good once, and a secret of its own."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from farm.models import EnrolmentToken, FarmWorker
from farm.models.enrolment_token import LIFETIME

from .conftest import SHOUT, WorkerProgram, enrolled


def enrol(token: str, name: str = "Back room") -> Any:
    body = json.dumps({"token": token, "name": name})
    return Client().post("/api/farm/v1/enrol", body, "application/json")


def test_a_token_makes_one_worker(root: User) -> None:
    _, plain = EnrolmentToken.issue(root, at=timezone.now())

    first, second = enrol(plain.lower()), enrol(plain)

    assert (first.status_code, second.status_code) == (201, 403)
    assert second.json()["code"] == "bad_enrolment"
    assert FarmWorker.objects.get().public_id == first.json()["id"]


@pytest.mark.parametrize("token", ["", "7F3K-9ACD-2MNP-QRST", "x" * 100])
def test_what_is_no_token_makes_none(root: User, token: str) -> None:
    assert enrol(token).status_code == 403
    assert not FarmWorker.objects.exists()


@pytest.mark.parametrize("name", ["Back\nroom", " \t", "Back\x1b[31mroom"])
def test_a_name_that_is_no_line_is_refused_and_the_token_is_still_good(
    root: User, name: str
) -> None:
    _, plain = EnrolmentToken.issue(root, at=timezone.now())

    assert enrol(plain, name).status_code == 422
    assert enrol(plain, " Back room ").status_code == 201
    assert FarmWorker.objects.get().name == "Back room"


def test_an_old_token_makes_none(root: User) -> None:
    _, plain = EnrolmentToken.issue(root, at=timezone.now() - LIFETIME - timedelta(seconds=1))

    assert enrol(plain).status_code == 403


def test_without_its_secret_a_worker_is_nobody(worker: WorkerProgram) -> None:
    stranger = WorkerProgram("worker_wrong")

    for path in ("sign-on", "claim", "sign-off", "attempts/x/renew", "attempts/x/finish"):
        assert stranger.call(path).status_code == 401, path
    assert stranger.send_file("0" * 64, b"").status_code == 401


def test_neither_secret_nor_token_is_kept(worker: WorkerProgram) -> None:
    kept = str(list(FarmWorker.objects.values())) + str(list(EnrolmentToken.objects.values()))

    assert worker.secret not in kept


def test_a_second_process_has_to_wait_until_the_first_is_silent(worker: WorkerProgram) -> None:
    refused = worker.sign_on(SHOUT, session="two")
    FarmWorker.objects.update(last_seen_at=timezone.now() - timedelta(seconds=31))
    taken = worker.sign_on(SHOUT, session="two")

    assert (refused.status_code, refused.json()["code"]) == (409, "already_signed_on")
    assert refused.headers["Retry-After"] == "30"
    told = {
        "status": "awake",
        "renew_seconds": 10,
        "idle_seconds": 25,
        "gives_next": True,
        "hears_trouble": True,
    }
    assert taken.json() == told


def test_the_same_process_signs_on_again_at_once(worker: WorkerProgram) -> None:
    assert worker.sign_on(SHOUT).status_code == 200


@pytest.mark.parametrize(
    "offer",
    [
        {**SHOUT, "name": "Shout it"},
        {**SHOUT, "name": ""},
        {**SHOUT, "output": "smell"},
        {**SHOUT, "seconds": -1},
        {**SHOUT, "command": "rm"},
    ],
)
def test_an_offer_that_makes_no_sense_is_refused(
    worker: WorkerProgram, offer: dict[str, Any]
) -> None:
    assert worker.sign_on(offer).status_code == 422


def test_an_archived_worker_is_nobody(worker: WorkerProgram) -> None:
    FarmWorker.objects.all().archive(timezone.now())

    assert worker.call("claim").status_code == 401


def test_a_rotated_secret_is_the_only_one(root: User) -> None:
    one = enrolled(root)
    fresh = WorkerProgram(one.row.rotate_secret())

    assert one.call("claim").status_code == 401
    assert fresh.sign_on(SHOUT).status_code == 200
