"""The page of a step says which machine had each try, and what did the work there."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from tests.people import html_of

from .conftest import SHOUT, WorkerProgram, started

SPECS = {"cpus": 8, "gpus": [{"name": "A card"}]}


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
