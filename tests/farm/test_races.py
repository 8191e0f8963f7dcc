"""Two things that happen to a worker, or to its files, at the same moment."""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import User
from farm import blobs, outcomes
from farm.models import FarmWorker
from invocations.models import Attempt
from invocations.states import Outcome

from .conftest import WorkerProgram, started


def test_the_same_answer_that_comes_while_the_first_is_taken_in_is_the_same(
    worker: WorkerProgram, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client has lost patience, and asks again."""
    started(alice, "farm:shout")
    (work,) = worker.claim()
    take_in, statuses = outcomes._take_in, []

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(outcomes, "_take_in", take_in)
        statuses.append(worker.finish(work["token"], "AN OWL").status_code)
        return take_in(*given)

    monkeypatch.setattr(outcomes, "_take_in", meanwhile)
    statuses.append(worker.finish(work["token"], "AN OWL").status_code)

    assert statuses == [200, 200]
    assert Attempt.objects.get(token=work["token"]).outcome == Outcome.COMPLETED


def test_another_answer_that_comes_while_the_first_is_taken_in_is_stale(
    worker: WorkerProgram, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    take_in = outcomes._take_in

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(outcomes, "_take_in", take_in)
        assert worker.finish(work["token"], "AN OWL").status_code == 200
        return take_in(*given)

    monkeypatch.setattr(outcomes, "_take_in", meanwhile)

    assert worker.finish(work["token"], "A MOTH").status_code == 409
    step = Attempt.objects.get(token=work["token"]).invocation
    assert step.output_text == "AN OWL"


def test_a_request_that_comes_while_a_worker_signs_on_is_not_lost(worker: WorkerProgram) -> None:
    as_it_was = worker.row
    worker.row.request("asleep", lazy=False)  # Stop all, at that moment

    assert as_it_was.sign_on(session="one", at=timezone.now())

    assert worker.row.status == "asleep"


def test_a_request_that_comes_while_another_is_confirmed_is_not_lost(
    worker: WorkerProgram,
) -> None:
    FarmWorker.objects.update(status="asleep")
    worker.row.request("awake", lazy=False)
    as_it_was = worker.row
    FarmWorker.objects.update(requested_status="testing")

    as_it_was.confirm()

    assert (worker.row.status, worker.row.requested_status) == ("asleep", "testing")


def test_a_request_that_comes_while_a_worker_leaves_is_not_lost(worker: WorkerProgram) -> None:
    FarmWorker.objects.update(status="asleep")
    as_it_was = worker.row
    worker.row.request("awake", lazy=False)

    as_it_was.sign_off(timezone.now())

    assert worker.row.requested_status == "awake"


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    """Of the files of one worker."""
    settings.DATA_DIR = tmp_path
    found = tmp_path / "farm/w"
    found.mkdir(parents=True)
    return found


def test_a_file_that_has_just_become_whole_is_not_written_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"a picture"
    digest = hashlib.sha256(content).hexdigest()
    part, whole, lock = folder / f"{digest}.part", folder / digest, fcntl.flock
    part.write_bytes(content)

    def ends_at_that_moment(file: Any, how: int) -> None:
        part.rename(whole)
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", ends_at_that_moment)
    with pytest.raises(blobs.InUse):
        blobs.write("w", digest, iter([content]), start=0, total=len(content))

    assert whole.read_bytes() == content


def test_of_what_is_never_handed_in_the_oldest_makes_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "MAX_BYTES_OF_WORKER", 100)
    digests = []
    for number in range(4):
        content = bytes([number]) * 40
        digests.append(hashlib.sha256(content).hexdigest())
        assert blobs.write("w", digests[-1], iter([content]), start=0, total=40)
        os.utime(folder / digests[-1], (number, number))

    assert [blobs.is_known("w", one) for one in digests] == [False, False, True, True]
