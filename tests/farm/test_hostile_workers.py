"""Workers that mean harm, or have lost their mind: each is refused with the status of the protocol, and what
it does costs the others nothing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from farm.models import Assignment, EnrolmentToken, FarmWorker
from farm.models.work_record import LOG_PART_BYTES
from invocations.models import Attempt
from invocations.states import Outcome
from tests.assets import samples

from .conftest import LOOK, PAINT, SHOUT, WorkerProgram, enrolled, newest, started

PIECE = 200_000


def enrol(token: str) -> Any:
    body = json.dumps({"token": token, "name": "Thief"})
    return Client().post("/api/farm/v1/enrol", body, "application/json")


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_an_enrolment_token_is_good_once(root: User) -> None:
    _, plain = EnrolmentToken.issue(root, at=timezone.now())
    assert enrol(plain).status_code == 201

    for token in (plain, plain.lower(), "", "7F3K-9ACD-2MNP-QRST"):
        assert refusal(enrol(token)) == (403, "bad_enrolment")


def test_wrong_and_old_secrets_are_refused(worker: WorkerProgram, root: User) -> None:
    old = WorkerProgram(worker.secret)
    new = WorkerProgram(worker.row.rotate_secret())
    _, person = ApiToken.issue(root)
    archived = enrolled(root, "Gone")
    FarmWorker.objects.filter(pk=archived.row.pk).archive(timezone.now())

    for secret in ("", "worker_wrong", old.secret, person, archived.secret):
        thief = WorkerProgram(secret)
        for answer in (
            thief.sign_on(SHOUT),
            thief.call("claim", {"slots": 1}),
            thief.finish("0" * 32),
            thief.send_file("0" * 64, b""),
        ):
            assert answer.status_code == 401
    assert new.claim() == []


def test_the_secret_of_a_worker_opens_nothing_else(worker: WorkerProgram) -> None:
    answer = Client().get("/api/v1/workers", headers=worker.headers)

    assert answer.status_code == 401


def test_the_token_of_another_workers_attempt_is_of_no_use(
    worker: WorkerProgram, root: User, alice: User
) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    thief = enrolled(root, "Thief")
    thief.sign_on(SHOUT)

    for answer in (
        thief.call(f"attempts/{work['token']}/renew"),
        thief.call(f"attempts/{work['token']}/log", {"offset": 0, "text": "mine"}),
        thief.finish(work["token"], "MINE"),
    ):
        assert refusal(answer) == (409, "stale")
    assert worker.finish(work["token"], "AN OWL").status_code == 200
    assert Assignment.objects.get().log == ""
    assert Attempt.objects.get(token=work["token"]).outcome == Outcome.COMPLETED


def test_an_output_that_is_not_what_it_says_is_not_shown(
    worker: WorkerProgram, alice: User
) -> None:
    content = b"<script>alert(1)</script>"
    digest = hashlib.sha256(content).hexdigest()
    run = started(alice, "farm:paint", "farm:look")
    (work,) = worker.claim()
    worker.send_file(digest, content)
    body = {"outcome": "succeeded", "outputs": [{"type": "image", "sha256": digest}]}

    assert worker.call(f"attempts/{work['token']}/finish", body).status_code == 200

    attempt = Attempt.objects.get(token=work["token"])
    assert attempt.outcome == Outcome.FAILED
    assert newest(run).output_asset is None


def test_a_file_of_another_worker_cannot_be_handed_in(root: User, alice: User) -> None:
    owner, thief = enrolled(root, "Owner"), enrolled(root, "Thief")
    owner.sign_on(PAINT, LOOK)
    content = samples.image()
    digest = hashlib.sha256(content).hexdigest()
    assert owner.send_file(digest, content).status_code == 201
    owner.call("sign-off")
    thief.sign_on(PAINT, LOOK)
    run = started(alice, "farm:paint", "farm:look")
    (work,) = thief.claim()
    body = {"outcome": "succeeded", "outputs": [{"type": "image", "sha256": digest}]}

    thief.call(f"attempts/{work['token']}/finish", body)

    assert newest(run).output_asset is None


def test_who_names_files_that_it_never_sends_is_not_asked_for_ever(root: User, alice: User) -> None:
    liar, honest = enrolled(root, "Liar"), enrolled(root, "Honest")
    for one in (liar, honest):
        one.sign_on(PAINT, LOOK)
    run = started(alice, "farm:paint", "farm:look")
    body = {"outcome": "succeeded", "outputs": [{"type": "image", "sha256": "0" * 64}]}

    for _ in range(2):  # once it may have been lost here
        newest(run).move_due(timezone.now())
        (work,) = liar.claim()
        assert liar.call(f"attempts/{work['token']}/finish", body).status_code == 200

    newest(run).move_due(timezone.now())
    assert liar.claim() == []
    assert len(honest.claim()) == 1


def test_bytes_of_another_hash_are_refused(worker: WorkerProgram) -> None:
    assert refusal(worker.send_file("0" * 64, b"not these")) == (422, "wrong_bytes")


def test_of_a_log_without_an_end_the_head_and_the_tail_are_kept(
    worker: WorkerProgram, alice: User
) -> None:
    """Twenty pieces of the largest size; the row is no larger after a thousand times as many."""
    started(alice, "farm:shout")
    (work,) = worker.claim()
    path, sizes = f"attempts/{work['token']}/log", []
    for number in range(20):
        body = {"offset": number * PIECE, "text": f"{number:010}" * (PIECE // 10)}
        assert worker.call(path, body).status_code == 200
        row = Assignment.objects.get()
        sizes.append(len(row.log_head) + len(row.log_tail))

    assert max(sizes) <= 2 * LOG_PART_BYTES
    assert row.log_length == 20 * PIECE
    assert row.log_head.startswith("0" * 10)
    assert row.log_tail.endswith(f"{19:010}")
    assert worker.call(path, {"offset": 0, "text": "x" * (PIECE + 1)}).status_code == 422
    assert worker.call(path, {"offset": 0, "text": "x" * 1_100_000}).status_code == 413
    assert refusal(worker.call(path, {"offset": 10**12, "text": "x"})) == (409, "log_gap")


def test_too_many_calls_of_one_worker_are_refused_and_those_of_another_are_not(
    worker: WorkerProgram, root: User, settings: Any
) -> None:
    other = enrolled(root, "Other")
    other.sign_on(SHOUT)
    settings.API_CALLS_PER_MINUTE = 5

    answers = [worker.call("claim", {"slots": 1}) for _ in range(50)]

    refused = [one for one in answers if one.status_code == 429]
    assert len(refused) >= 40
    assert all(one.headers["Retry-After"] for one in refused)
    assert other.call("claim", {"slots": 1}).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        '{"progress": NaN}',
        '{"progress": 1e999}',
        '{"progress": -1}',
        '{"progress": 0.5, "command": "rm"}',
        "[" * 50_000,
        "\udc80",
    ],
)
def test_nonsense_is_refused_in_words(worker: WorkerProgram, alice: User, body: str) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    content = body.encode(errors="surrogateescape")

    answer = worker.client.post(
        f"/api/farm/v1/attempts/{work['token']}/renew",
        content,
        "application/json",
        headers=worker.headers,
    )

    assert answer.status_code in (400, 422)
    assert answer["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800"], ids=["NUL", "half a character"])
def test_characters_that_no_database_takes_are_replaced(
    worker: WorkerProgram, alice: User, escape: str
) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()

    def post(call: str, body: str) -> Any:
        path = f"/api/farm/v1/attempts/{work['token']}/{call}"
        return worker.client.post(path, body, "application/json", headers=worker.headers)

    assert post("renew", f'{{"phase": "a{escape}b"}}').status_code == 200
    assert post("log", f'{{"offset": 0, "text": "a{escape}b"}}').json() == {"offset": 3}
    output = f'{{"type": "text", "text": "an {escape} owl"}}'
    finish = f'{{"outcome": "succeeded", "outputs": [{output}], "backend": "{escape}"}}'
    assert post("finish", finish).status_code == 200

    first = run.invocations.get(sequence=0)
    assert (first.output_text, Assignment.objects.get().log) == ("an \ufffd owl", "a\ufffdb")
