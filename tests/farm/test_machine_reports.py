"""What the pages say of the machine of a worker, and which are taken out because they are not there any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.models import AuditEntry, User
from farm import stamp, workers
from farm.machine_reports import failed_checks, hardware_words
from farm.models import FarmWorker
from panic import installation_metrics
from tests.concurrency import at_once
from tests.people import html_of

from .conftest import SHOUT, WorkerProgram, enrolled

SPECS = {"cpus": 8, "memory_bytes": 16 << 30, "gpus": [{"name": "RTX", "memory_bytes": 24 << 30}]}
FAILED = {
    "ok": False,
    "checks": [{"name": "comfyui", "ok": False, "sentence": "<b>No answer.</b>"}],
}


@pytest.mark.django_db
def test_the_page_and_the_api_say_what_the_machine_is_and_what_it_failed(
    root: User, admin: Any
) -> None:
    worker = enrolled(root)
    worker.sign_on(SHOUT, specs=SPECS, self_test=FAILED)

    page = html_of(admin.get(f"/farm/{worker.row.public_id}/"))
    said = admin.get(f"/api/v1/workers/{worker.row.public_id}").json()

    assert "8 processors, 16.0\xa0GB of memory, RTX (24.0\xa0GB)" in page
    assert "the self-test has failed" in page
    assert "&lt;b&gt;No answer.&lt;/b&gt;" in page
    assert (said["specs"], said["self_test"]) == (SPECS, FAILED)


@pytest.mark.parametrize(
    "said",
    [{}, {"cpus": "8", "memory_bytes": -1, "gpus": 7}, {"cpus": True, "gpus": [3, {"name": 5}]}],
)
def test_reports_of_another_form_do_no_harm(said: dict[str, Any]) -> None:
    with override("en"):
        assert all(isinstance(word, str) for word in hardware_words(said))
    assert failed_checks({"checks": said.get("gpus")}) == []


@pytest.mark.django_db
def test_who_has_not_been_there_for_months_is_a_worker_no_more(root: User) -> None:
    at = timezone.now()
    for name, days in (("Long gone", 91), ("Away", 89)):
        one = enrolled(root, name)
        one.sign_on(SHOUT)
        FarmWorker.objects.filter(name=name).update(last_seen_at=at - timedelta(days=days))
    enrolled(root, "Never came")
    FarmWorker.objects.filter(name="Never came").update(created_at=at - timedelta(days=91))
    enrolled(root, "New")

    assert workers.due_archiving(at)
    workers.archive_unseen(at)

    assert {one.name for one in FarmWorker.objects.kept()} == {"Away", "New"}
    entries = AuditEntry.objects.filter(action="farm.worker_archived")
    assert set(entries.values_list("about", flat=True)) == {"Long gone", "Never came"}
    assert not workers.due_archiving(at)


@pytest.mark.django_db(transaction=True)
def test_two_machines_that_look_at_once_take_each_out_once(root: User) -> None:
    at = timezone.now()
    for number in range(8):
        enrolled(root, f"Never came {number}")
    FarmWorker.objects.update(created_at=at - timedelta(days=91))

    at_once(lambda: workers.archive_unseen(at), lambda: workers.archive_unseen(at))

    assert not FarmWorker.objects.kept().exists()
    assert AuditEntry.objects.filter(action="farm.worker_archived").count() == 8


def test_workers_are_counted_for_metrics(worker: WorkerProgram) -> None:
    at = timezone.now()
    stamp.stamp.path.touch()
    silent, _ = installation_metrics.farm(at + timedelta(minutes=5))
    family, _ = installation_metrics.farm(at)

    counted = {one.labels["status"]: one.value for one in family.samples}
    assert counted["awake"] == 1
    assert {one.labels["status"]: one.value for one in silent.samples}["offline"] == 1
