"""The models that farm workers offer, as a ring editor and the API see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from farm import catalogue
from farm.models import FarmWorker
from platforms.registry import get_model, get_platform

from .conftest import PAINT, SHOUT, WorkerProgram, enrolled


def availability(model_id: str) -> tuple[bool, str]:
    found = get_platform("farm").availability(get_model(model_id), {})
    return found.available, found.reason


def ids() -> list[str]:
    return [model.id for model in get_platform("farm").models()]


def test_what_a_worker_offers_is_a_model(worker: WorkerProgram, owner: Any) -> None:
    model = get_model("farm:shout")

    assert (model.name, model.input, model.output, model.usd) == ("Shout", "text", "text", 0.0)
    assert availability("farm:shout") == (True, "")
    listed = owner.get("/api/v1/models/farm:shout").json()
    assert listed["available"] is True


def test_equal_offers_of_two_workers_are_one_model(root: User, worker: WorkerProgram) -> None:
    enrolled(root, "Attic").sign_on(SHOUT)

    assert ids() == ["farm:shout", "farm:paint", "farm:look"]


def test_unequal_offers_of_one_name_are_two_models(root: User, worker: WorkerProgram) -> None:
    other = enrolled(root, "Attic")
    other.sign_on({**SHOUT, "weights_sha256": "a" * 64})

    name = f"farm:shout@{other.row.public_id}"
    assert name in ids()
    assert get_model(name).name == "Shout (Attic)"


def test_of_unequal_offers_each_worker_is_given_its_own(
    root: User, worker: WorkerProgram, alice: User
) -> None:
    from .conftest import started

    other = enrolled(root, "Attic")
    other.sign_on({**SHOUT, "weights_sha256": "a" * 64})
    started(alice, f"farm:shout@{other.row.public_id}")

    assert worker.claim() == []
    (work,) = other.claim()
    assert work["model"] == "shout"


def test_a_model_whose_workers_are_silent_says_which_one_was_last(worker: WorkerProgram) -> None:
    FarmWorker.objects.update(last_seen_at=timezone.now() - timedelta(seconds=61))

    available, reason = availability("farm:shout")

    assert not available
    assert "the last was Back room" in reason


def test_a_worker_that_signs_on_with_less_offers_less(worker: WorkerProgram) -> None:
    worker.sign_on(PAINT)

    assert ids() == ["farm:paint"]


def test_a_new_data_folder_is_told_of_the_workers_that_there_are(
    worker: WorkerProgram, settings: Any, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.DATA_DIR = tmp_path
    before = catalogue.known_models()

    with django_capture_on_commit_callbacks(execute=True):
        catalogue.announce_existing()

    assert before == {}
    assert "farm:shout" in catalogue.known_models()


def test_an_archived_worker_offers_nothing(worker: WorkerProgram) -> None:
    FarmWorker.objects.filter(pk=worker.row.pk).archive(timezone.now())

    assert ids() == []


def test_a_claim_makes_as_many_queries_with_many_workers(
    root: User, worker: WorkerProgram, django_assert_num_queries: Any, alice: User
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    worker.claim()
    with CaptureQueriesContext(
        connection,
    ) as few:
        worker.claim()
    for n in range(30):
        enrolled(root, f"W{n}").sign_on(SHOUT)
    with CaptureQueriesContext(connection) as many:
        worker.claim()

    assert len(many) == len(few)
