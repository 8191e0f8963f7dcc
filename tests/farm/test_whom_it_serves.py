"""Whom a worker serves: everybody, the networks with a tag, or those of one person."""

from __future__ import annotations

import itertools
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from farm import eligibility, fallbacks, server_start, silence
from farm.models import FarmWorker
from invocations.models import Attempt, Invocation, Run
from networks.editor.model_picker import list_choices
from networks.models import Network

from .conftest import SHOUT, WorkerProgram, newest, started


def for_whom(admin: Any, **whom: str) -> WorkerProgram:
    """Enrolled with a token of an admin's, and signed on."""
    token = admin.post("/api/v1/workers/tokens", whom, content_type="application/json").json()
    body = json.dumps({"token": token["token"], "name": "Back room"})
    answer = Client().post("/api/farm/v1/enrol", body, "application/json")
    one = WorkerProgram(answer.json()["secret"])
    assert one.sign_on(SHOUT).status_code == 200
    return one


def tagged(run: Run, tag: str) -> Run:
    Network.objects.filter(pk=run.network_id).update(farm_tag=tag)
    return run


def offered_to(person: User, tag: str = "") -> bool:
    network = Network(owner=person, farm_tag=tag)
    return "farm:shout" in [one.model.id for one in list_choices(network.credential_resolver)]


def test_a_public_worker_serves_untagged_networks(admin: Any, alice: User, bob: User) -> None:
    one = for_whom(admin)
    started(alice, "farm:shout")
    tagged(started(bob, "farm:shout"), "gallery")

    (work,) = one.claim(slots=2)

    assert Invocation.objects.get(attempts__token=work["token"]).network.owner == alice
    assert [offered_to(alice), offered_to(alice, "gallery")] == [True, False]


def test_a_tagged_network_goes_to_workers_with_the_tag(admin: Any, alice: User) -> None:
    public, ours = for_whom(admin), for_whom(admin)
    ours.row.change(tags=["gallery"])
    tagged(started(alice, "farm:shout"), "gallery")

    assert public.claim() == []
    assert len(ours.claim()) == 1


def test_a_worker_for_a_tag_serves_no_other_network(admin: Any, alice: User, bob: User) -> None:
    one = for_whom(admin, tag="gallery")
    for_whom(admin)
    started(alice, "farm:shout")
    run = tagged(started(bob, "farm:shout"), "gallery")

    (work,) = one.claim(slots=2)

    assert Invocation.objects.get(attempts__token=work["token"]).run == run


def test_a_worker_for_a_person_serves_nobody_else(admin: Any, alice: User, bob: User) -> None:
    one = for_whom(admin, person=alice.email)
    public = for_whom(admin)
    mine = started(alice, "farm:shout")
    started(bob, "farm:shout")

    (work,) = one.claim(slots=2)

    assert Invocation.objects.get(attempts__token=work["token"]).run == mine
    assert len(public.claim()) == 1


def test_what_one_may_not_use_is_in_no_list_of_ones_own(
    admin: Any, owner: Any, other: Any, alice: User, bob: User
) -> None:
    for_whom(admin, person=alice.email)

    def listed(person: Any) -> bool:
        models = person.get("/api/v1/models").json()["items"]
        return "farm:shout" in [one["id"] for one in models]

    assert [offered_to(alice), offered_to(bob)] == [True, False]
    assert [listed(owner), listed(other)] == [True, False]
    assert not other.get("/api/v1/models/farm:shout").json()["available"]


def test_whom_a_worker_serves_is_one_of_both(admin: Any, alice: User) -> None:
    path = "/api/v1/workers/tokens"
    asked = [{"tag": "x", "person": alice.email}, {"person": "nobody@example.org"}]

    for body in asked:
        assert admin.post(path, body, content_type="application/json").status_code == 422


def test_why_a_step_waits_names_those_that_are_for_others(
    admin: Any, owner: Any, alice: User
) -> None:
    for_whom(admin)
    run = tagged(started(alice, "farm:shout"), "gallery")

    answer = owner.get(f"/api/v1/invocations/{newest(run).public_id}/why-waiting").json()

    assert "Back room is not for this network" in answer["reason"]


def test_a_network_says_how_long_its_steps_wait(admin: Any, alice: User) -> None:
    for_whom(admin)
    run = started(alice, "farm:shout", fallback="dummy:text-to-text")
    at = timezone.now()
    FarmWorker.objects.update(last_seen_at=at - timedelta(hours=1))
    Invocation.objects.update(due_at=at - timedelta(seconds=20))
    before = silence.silent_steps(at)
    Network.objects.update(farm_patience_seconds=10)

    (found,) = silence.silent_steps(at)
    fallbacks.give_up(found, at=at)

    assert before == []
    assert newest(run).model == "dummy:text-to-text"
    assert Attempt.objects.exists()


def test_for_two_minutes_after_a_start_nobody_is_taken_for_silent(
    admin: Any, settings: Any, tmp_path: Path
) -> None:
    one, settings.DATA_DIR = for_whom(admin).row, tmp_path
    assert one.last_seen_at is not None
    at = one.last_seen_at + timedelta(hours=1)
    before = one.shown_status(at)
    server_start.note_start()
    started_at = (at - timedelta(seconds=90)).timestamp()
    os.utime(tmp_path / "farm.started", (started_at, started_at))

    within, after = one.shown_status(at), one.shown_status(at + timedelta(seconds=60))

    assert (before, within, after) == ("offline", "awake", "offline")


@pytest.fixture
def owned(admin: Any, alice: User) -> Network:
    for_whom(admin)
    return started(alice, "farm:shout").network


def test_the_filter_of_a_claim_is_the_rule_of_the_picker(owned: Network, bob: User) -> None:
    at, tags = timezone.now(), ("", "a", "b")
    people, held_tags = (None, owned.owner_id, bob.pk), ((), ("a",), ("b",), ("a", "b"))
    for person, only_tag, held, tag in itertools.product(people, tags, held_tags, tags):
        if person and only_tag:
            continue  # no token is for both
        worker = FarmWorker(pk=0, serves_person_id=person, serves_tag=only_tag, tags=list(held))
        Network.objects.filter(pk=owned.pk).update(farm_tag=tag)

        given_it = eligibility.suits(worker, at).apply(Invocation.objects.all()).exists()

        expected = worker.audience(at).includes(owned.owner_id, tag)
        assert given_it is expected, (person, only_tag, held, tag)
