"""Tokens that no machine has used yet are listed and revoked, and a worker is given another secret on its page."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from farm.feeds import FarmFeed
from farm.models import EnrolmentToken, FarmWorker
from farm.models.enrolment_token import LIFETIME
from realtime.models import Event
from tests.people import html_of

from .conftest import SHOUT, WorkerProgram, enrolled

TOKENS = "/api/v1/workers/tokens"


def enrol(plain: str) -> int:
    body = json.dumps({"token": plain, "name": "Back room"})
    return Client().post("/api/farm/v1/enrol", body, "application/json").status_code


def revoke(admin: Any, token: EnrolmentToken) -> str:
    """What the page says afterwards."""
    return html_of(admin.post(f"/farm/tokens/{token.public_id}/revoke/", follow=True))


def test_a_token_that_waits_is_on_the_page_with_whom_it_is_for(root: User, admin: Any) -> None:
    at = timezone.now()
    EnrolmentToken.issue(root, at=at, serves_tag="gallery")
    EnrolmentToken.issue(root, at=at, serves_person=root)
    EnrolmentToken.issue(root, at=at)
    EnrolmentToken.issue(root, at=at - LIFETIME, serves_tag="expired")
    used = EnrolmentToken.issue(root, at=at, serves_tag="used")[1]
    assert enrol(used) == 201

    page = html_of(admin.get("/farm/"))

    assert "For networks with the tag gallery" in page
    assert f"For the networks of {root.email}" in page
    assert "For everybody" in page
    assert page.count(f"made by {root.email}") == 3


def test_a_revoked_token_makes_no_worker(root: User, admin: Any) -> None:
    token, plain = EnrolmentToken.issue(root, at=timezone.now())

    page = revoke(admin, token)

    assert "The token is good for nothing any more." in page
    assert "Tokens that no machine has used yet" not in page
    assert enrol(plain) == 403
    assert AuditEntry.objects.filter(action="farm.token_revoked").count() == 1


def test_a_token_that_a_machine_has_used_cannot_be_revoked(root: User, admin: Any) -> None:
    token, plain = EnrolmentToken.issue(root, at=timezone.now())
    seen_before_it_was_used = EnrolmentToken.objects.get(pk=token.pk)
    assert enrol(plain) == 201

    assert "This token was used, or has expired." in revoke(admin, token)
    assert not seen_before_it_was_used.revoke()


def test_programs_list_and_revoke_them(root: User, admin: Any) -> None:
    at = timezone.now()
    token, plain = EnrolmentToken.issue(root, at=at, serves_tag="gallery")

    (found,) = admin.get(TOKENS).json()["items"]
    expected = {
        "id": token.public_id,
        "created_by": root.public_id,
        "serves_tag": "gallery",
        "serves_person": None,
    }
    assert expected.items() <= found.items()
    assert plain not in json.dumps(found)
    for wrong in (token.public_id[:5], token.digest, "0" * 20):
        assert admin.delete(f"{TOKENS}/{wrong}").status_code == 404
    assert admin.delete(f"{TOKENS}/{token.public_id}").status_code == 204
    assert admin.get(TOKENS).json()["items"] == []
    assert enrol(plain) == 403


def test_a_token_goes_from_the_page_when_its_machine_comes(root: User) -> None:
    _, plain = EnrolmentToken.issue(root, at=timezone.now())
    assert "farm-tokens" not in FarmFeed().snapshot(), "it is kept, and a new token is no event"
    assert enrol(plain) == 201
    event = Event.objects.select_related("topic").latest("pk")

    frame = FarmFeed().render(event)

    assert frame is not None
    assert "For everybody" not in frame.html["farm-tokens"]


def test_a_worker_is_given_a_new_secret_which_is_shown_once(root: User, admin: Any) -> None:
    one = enrolled(root)
    address = f"/farm/{one.row.public_id}/"

    page = html_of(admin.post(f"{address}secret/"))

    (found,) = re.findall(r"echo (worker_\S+) \| panic-worker secret", page)
    assert found not in html_of(admin.get(address))
    assert one.call("claim").status_code == 401
    assert WorkerProgram(found).sign_on(SHOUT).status_code == 200


def test_a_removed_worker_is_given_no_new_secret(root: User, admin: Any) -> None:
    one = enrolled(root).row
    FarmWorker.objects.filter(pk=one.pk).archive(timezone.now())

    assert admin.post(f"/farm/{one.public_id}/secret/").status_code == 404
    assert "Give it a new secret" not in html_of(admin.get(f"/farm/{one.public_id}/"))


@pytest.mark.parametrize(("host", "warns"), [("localhost:8000", True), ("wall.example", False)])
def test_an_address_that_no_other_machine_can_follow_says_so(
    admin: Client, host: str, warns: bool
) -> None:
    page = html_of(admin.post("/farm/tokens/", headers={"host": host}))

    assert f"panic-worker enrol http://{host} " in page
    assert ("leads to this machine alone" in page) is warns


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "two\nlines", "two\u2028lines"])
def test_names_and_tags_are_one_line_that_every_database_takes(
    worker: WorkerProgram, admin: Any, text: str
) -> None:
    address = f"/api/v1/workers/{worker.row.public_id}"

    def status(call: Any, path: str, body: Any) -> int:
        return int(call(path, json.dumps(body), "application/json").status_code)

    assert status(admin.post, TOKENS, {"tag": text}) == 422
    assert status(admin.post, TOKENS, {"person": text}) == 422
    assert status(admin.patch, address, {"name": text}) == 422
    assert status(admin.patch, address, {"tags": [text]}) == 422


def test_a_wrong_number_of_places_is_told_as_that(worker: WorkerProgram) -> None:
    answer = worker.call("claim", {"slots": 0})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
