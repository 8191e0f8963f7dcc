"""Steps of farm models: claimed, kept, logged and handed in by workers."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from farm.models import Assignment
from invocations import runs
from invocations.engine import sweep
from invocations.models import Attempt, Run
from invocations.states import Outcome, Reason, RunState
from tests.assets import samples

from .conftest import LOOK, SHOUT, WorkerProgram, enrolled, newest, started


def test_a_worker_carries_a_ring_of_its_model(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:shout")

    for text in ("AN OWL", "AN OWL!", "AN OWL!!"):
        (work,) = worker.claim()
        assert (work["kind"], work["model"]) == ("step", "shout")
        assert worker.finish(work["token"], text).status_code == 200

    given = list(run.invocations.in_order().values_list("input_text", "output_text"))
    assert given == [
        ("an owl", "AN OWL"),
        ("AN OWL", "AN OWL!"),
        ("AN OWL!", "AN OWL!!"),
        ("AN OWL!!", ""),
    ]


def test_work_says_what_is_to_be_done(worker: WorkerProgram, alice: User) -> None:
    started(alice, "farm:shout")

    (work,) = worker.claim()

    assert work["inputs"][0] | {} == {
        "type": "text",
        "text": "an owl",
        "sha256": None,
        "url": None,
        "bytes": None,
        "content_type": None,
    }
    assert (work["lease_seconds"], work["batch_key"]) == (60, "farm:shout")
    assert 590 < work["deadline_seconds"] <= 600


def test_what_a_worker_holds_is_given_to_it_again(worker: WorkerProgram, alice: User) -> None:
    started(alice, "farm:shout")

    first, again = worker.claim(), worker.claim()

    assert [one["token"] for one in again] == [one["token"] for one in first]
    assert Attempt.objects.count() == 1


def test_a_worker_is_given_no_more_than_it_has_places_for(
    worker: WorkerProgram, alice: User, bob: User
) -> None:
    for person in (alice, bob):
        started(person, "farm:shout")

    assert len(worker.claim(slots=1)) == 1
    assert len(worker.claim(slots=2)) == 2
    assert len(worker.claim(slots=9)) == 2


def test_two_workers_never_hold_the_same(worker: WorkerProgram, root: User, alice: User) -> None:
    other = enrolled(root, "Attic")
    other.sign_on(SHOUT)
    started(alice, "farm:shout")

    assert len(worker.claim()) == 1
    assert other.claim() == []


def test_a_worker_is_given_only_what_it_offers(
    root: User, worker: WorkerProgram, alice: User
) -> None:
    other = enrolled(root, "Attic")
    other.sign_on(LOOK)
    started(alice, "farm:shout")

    assert other.claim() == []


def test_the_same_answer_again_changes_nothing(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()

    answers = [worker.finish(work["token"]).status_code for _ in range(3)]
    other = worker.finish(work["token"], "SOMETHING ELSE")

    assert answers == [200, 200, 200]
    assert (other.status_code, other.json()["code"]) == (409, "stale")
    assert [one.output_text for one in run.invocations.in_order()] == ["DONE", ""]


def test_a_late_answer_changes_nothing(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()
    Attempt.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep.sweep(timezone.now())

    late = worker.finish(work["token"])

    assert late.status_code == 409
    assert run.invocations.get().output_text == ""
    assert Attempt.objects.get().outcome == Outcome.LOST


def test_somebody_elses_token_is_refused(worker: WorkerProgram, root: User, alice: User) -> None:
    other = enrolled(root, "Attic")
    other.sign_on(SHOUT)
    run = started(alice, "farm:shout")
    (work,) = worker.claim()
    token = work["token"]

    assert other.finish(token).status_code == 409
    assert other.call(f"attempts/{token}/renew").status_code == 409
    assert other.call(f"attempts/{token}/log", {"offset": 0, "text": "x"}).status_code == 409
    assert run.invocations.get().output_text == ""


def test_a_lease_that_is_renewed_is_kept(worker: WorkerProgram, alice: User) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    Attempt.objects.update(lease_until=timezone.now() + timedelta(seconds=1))

    answer = worker.call(f"attempts/{work['token']}/renew", {"progress": 0.5, "phase": "shouting"})

    assert answer.json() == {"go_on": True, "reason": ""}
    assert Attempt.objects.get().lease_until > timezone.now() + timedelta(seconds=50)
    assert Assignment.objects.get().phase == "shouting"


def test_a_stop_reaches_the_worker_with_its_next_renewal(
    worker: WorkerProgram, alice: User
) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()
    runs.stop_run(run=run, reason=Reason.PERSON, by=alice, at=timezone.now())

    answer = worker.call(f"attempts/{work['token']}/renew")
    ended = worker.call(f"attempts/{work['token']}/finish", {"outcome": "released"})

    assert answer.json() == {"go_on": False, "reason": "cancelled"}
    assert ended.status_code == 200
    assert not Attempt.objects.live().exists()


def test_released_work_is_there_for_the_next_one(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()
    worker.call(f"attempts/{work['token']}/finish", {"outcome": "released"})

    (again,) = worker.claim()

    assert again["token"] != work["token"]
    assert newest(run).attempts_made == 2


def test_signing_off_gives_back_what_is_held(worker: WorkerProgram, alice: User) -> None:
    started(alice, "farm:shout")
    worker.claim()

    assert worker.call("sign-off").status_code == 204

    assert not Attempt.objects.live().exists()
    assert worker.row.status == "offline"


@pytest.mark.parametrize(
    ("kind", "code", "again"),
    [
        ("temporary", "unavailable", True),  # another worker is there
        ("out_of_memory", "unavailable", True),
        ("permanent", "not_configured", False),
        ("refused", "refused", True),  # the policy for refusals: something else in its place
    ],
)
def test_a_failure_says_what_the_worker_said(
    worker: WorkerProgram, root: User, alice: User, kind: str, code: str, again: bool
) -> None:
    enrolled(root, "Attic").sign_on(SHOUT)
    run = started(alice, "farm:shout")
    (work,) = worker.claim()

    assert worker.fail(work["token"], kind, "The lamp is out.").status_code == 200

    attempt = Attempt.objects.get()
    assert (attempt.error_code, attempt.outcome) == (code, Outcome.FAILED)
    assert "Back room: The lamp is out." in attempt.error_detail
    run.refresh_from_db()
    assert (run.state == RunState.RUNNING) is again


def test_a_permanent_failure_leads_to_the_fallback(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:shout", fallback="dummy:text-to-text")
    (work,) = worker.claim()

    worker.fail(work["token"], "permanent")

    assert newest(run).model == "dummy:text-to-text"


def send_picture(worker: WorkerProgram) -> str:
    content = samples.image(seed=1)
    digest = hashlib.sha256(content).hexdigest()
    assert worker.send_file(digest, content).status_code == 201
    return digest


def finish_picture(worker: WorkerProgram, token: str, digest: str) -> int:
    output = {"type": "image", "sha256": digest}
    body = {"outcome": "succeeded", "outputs": [output]}
    status: int = worker.call(f"attempts/{token}/finish", body).status_code
    return status


def test_a_picture_is_sent_and_handed_in(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:paint", "farm:look")
    (work,) = worker.claim()
    digest = send_picture(worker)

    assert finish_picture(worker, work["token"], digest) == 200
    (following,) = worker.claim()

    step = run.invocations.get(sequence=0)
    assert step.output_asset is not None
    given = following["inputs"][0]
    assert (following["model"], given["type"]) == ("look", "image")
    assert given["sha256"] == step.output_asset.sha256
    assert worker.client.get(given["url"]).status_code == 200
    assert finish_picture(worker, work["token"], digest) == 200  # once more


def test_a_file_that_was_not_sent_is_asked_for_again(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:paint", "farm:look")
    (work,) = worker.claim()

    finish_picture(worker, work["token"], "0" * 64)

    assert "named a file" in Attempt.objects.get().error_detail
    run.refresh_from_db()
    assert run.state == RunState.RUNNING


def test_two_steps_with_the_same_picture_are_both_handed_in(
    worker: WorkerProgram, alice: User
) -> None:
    first, second = (started(alice, "farm:paint", "farm:look") for _ in range(2))
    works = worker.claim(slots=2)
    digest = send_picture(worker)

    assert [finish_picture(worker, one["token"], digest) for one in works] == [200, 200]

    for run in (first, second):
        assert run.invocations.get(sequence=0).output_asset is not None


def test_what_is_no_picture_is_not_shown(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:paint", "farm:look")
    (work,) = worker.claim()
    content = b"<html>"
    digest = hashlib.sha256(content).hexdigest()
    worker.send_file(digest, content)

    finish_picture(worker, work["token"], digest)

    assert Attempt.objects.get().error_code == "unusable"
    assert run.invocations.get().output_asset is None


def test_text_in_the_place_of_a_picture_is_no_output(worker: WorkerProgram, alice: User) -> None:
    started(alice, "farm:paint", "farm:look")
    (work,) = worker.claim()

    assert worker.finish(work["token"]).status_code == 200

    assert Attempt.objects.get().error_code == "unusable"


def test_a_log_is_kept_piece_by_piece(worker: WorkerProgram, alice: User) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    path = f"attempts/{work['token']}/log"

    said = [
        worker.call(path, {"offset": offset, "text": text}).json()
        for offset, text in ((0, "load"), (4, "ing\n"), (4, "ing\n"), (6, "g\nshouting\n"))
    ]
    gap = worker.call(path, {"offset": 99, "text": "late"})

    assert [one["offset"] for one in said] == [4, 8, 8, 17]
    assert Assignment.objects.get().log == "loading\nshouting\n"
    assert (gap.status_code, gap.json()["code"], gap.json()["expected"]) == (409, "log_gap", 17)


def test_of_a_long_log_the_beginning_and_the_end_are_kept(
    worker: WorkerProgram, alice: User
) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    offset = 0
    for piece in ("a" * 100_000, "b" * 100_000, "c"):
        answer = worker.call(f"attempts/{work['token']}/log", {"offset": offset, "text": piece})
        offset = answer.json()["offset"]

    log = Assignment.objects.get().log

    assert (log[:3], log[-3:]) == ("aaa", "bbc")
    assert "left out" in log
    assert len(log) < 130_000


def test_a_run_of_the_farm_costs_nothing(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()
    worker.finish(work["token"])

    assert Run.objects.get(pk=run.pk).usd == 0
