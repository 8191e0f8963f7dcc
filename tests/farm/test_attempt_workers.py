"""The page of a step says which machine had each try, and what did the work there."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import apps

from accounts.models import User
from farm.models import Assignment, FarmWorker, MachineHardware
from invocations.models import Invocation
from networks.models import Network
from tests.people import html_of

from .conftest import SHOUT, WorkerProgram, enrolled, started

SPECS = {"cpus": 8, "gpus": [{"name": "A card"}], "system": "Linux"}
HARDWARE = {"cpus": 8, "gpus": [{"name": "A card"}]}


def page_of_done_step(worker: WorkerProgram, alice: User, client: Any, **answer: Any) -> str:
    worker.sign_on(SHOUT, specs=SPECS)
    run = started(alice, "farm:shout")
    (work,) = worker.claim()
    assert worker.finish(work["token"], **answer).status_code == 200
    return html_of(client.get(run.invocations.get(sequence=0).get_absolute_url()))


def test_the_owner_reads_which_machine_did_it_and_how(
    worker: WorkerProgram, alice: User, owner: Any
) -> None:
    answer = {"backend": "command shout", "degraded": True}
    page = page_of_done_step(worker, alice, owner, **answer)

    assert 'Back room <span class="muted">8 processors, A card</span>' in page
    assert "<code>command shout</code> in a lesser way than usual" in page
    assert worker.row.public_id not in page


def test_admins_are_led_to_its_page(worker: WorkerProgram, alice: User, admin: Any) -> None:
    page = page_of_done_step(worker, alice, admin)

    assert f'<a href="/farm/{worker.row.public_id}/">Back room</a>' in page
    assert "Done there by" not in page


def test_the_hardware_is_that_of_then(worker: WorkerProgram, alice: User, owner: Any) -> None:
    page_of_done_step(worker, alice, owner)
    step = Invocation.objects.order_by("pk")[0]

    worker.sign_on(SHOUT, specs={"cpus": 64})

    page = html_of(owner.get(step.get_absolute_url()))
    assert 'Back room <span class="muted">8 processors, A card</span>' in page
    assert "64 processors" not in page
    (tried,) = owner.get(f"/api/v1/invocations/{step.public_id}").json()["attempts"]
    assert tried["farm_worker"] == {
        "name": "Back room",
        "model": "farm:shout",
        "hardware": HARDWARE,
        "backend": "",
        "degraded": False,
    }


def test_what_a_worker_failed_is_called_by_its_own_model_once_the_step_has_fallen_back(
    worker: WorkerProgram, alice: User, admin: Any
) -> None:
    run = started(alice, "farm:shout", fallback="dummy:text-to-text")
    (work,) = worker.claim()

    worker.fail(work["token"], "permanent")

    step = run.invocations.get()
    assert step.model == "dummy:text-to-text"
    assert "<code>farm:shout</code>" in html_of(admin.get(step.get_absolute_url()))
    mine = html_of(admin.get(f"/farm/{worker.row.public_id}/")).partition('id="worker-work"')[2]
    assert ">farm:shout</a>" in mine
    assert "dummy:" not in mine


def test_of_an_attempt_before_hardware_was_kept_only_the_name_is_said(
    worker: WorkerProgram, alice: User, owner: Any
) -> None:
    page_of_done_step(worker, alice, owner)
    step = Invocation.objects.order_by("pk")[0]
    Assignment.objects.update(hardware=None)

    page = html_of(owner.get(step.get_absolute_url()))

    assert "<dd>Back room " in page
    assert "8 processors" not in page


def test_who_may_only_look_reads_of_no_machine(
    worker: WorkerProgram, alice: User, owner: Any, other: Any
) -> None:
    page_of_done_step(worker, alice, owner)
    step = Invocation.objects.order_by("pk")[0]
    Network.objects.update(public=True)

    (tried,) = other.get(f"/api/v1/invocations/{step.public_id}").json()["attempts"]

    assert (tried["worker"], tried["farm_worker"]) == (None, None)


def test_equal_hardware_is_kept_once_and_what_no_attempt_ran_on_is_not_kept(
    worker: WorkerProgram, alice: User, root: User
) -> None:
    enrolled(root, "Attic").sign_on(SHOUT, specs=SPECS | {"python": "3.13"})
    worker.sign_on(SHOUT, specs=SPECS)
    assert MachineHardware.objects.get().specs == HARDWARE

    for cpus in range(1, 5):
        worker.sign_on(SHOUT, specs={"cpus": cpus})
    assert MachineHardware.objects.count() == 2

    started(alice, "farm:shout")
    worker.claim()
    worker.sign_on(SHOUT)
    assert worker.row.hardware is None
    assert Assignment.objects.get(hardware__specs={"cpus": 4})


def test_workers_that_have_signed_on_before_are_given_their_hardware(
    worker: WorkerProgram, alice: User
) -> None:
    worker.sign_on(SHOUT, specs=SPECS)
    FarmWorker.objects.update(hardware=None)
    MachineHardware.objects.all().delete()

    import_module("farm.migrations.0015_hardware_of_workers").note_hardware(apps, None)
    worker.sign_on(SHOUT, specs=SPECS)

    assert MachineHardware.objects.get() == worker.row.hardware
