"""Files of farm workers: whole or in parts, hashed, and never half."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from farm import blobs
from panic.body_limits import UPLOAD, limit_of_path

from .conftest import WorkerProgram, enrolled

CONTENT = b"0123456789" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "farm"


def part(first: int, last: int) -> dict[str, str]:
    return {"Content-Range": f"bytes {first}-{last}/{len(CONTENT)}"}


def offset(worker: WorkerProgram) -> tuple[int, str | None]:
    address = f"/api/farm/v1/blobs/{DIGEST}"
    answer = worker.client.head(address, headers={"Authorization": f"Bearer {worker.secret}"})
    return answer.status_code, answer.headers.get("Upload-Offset")


def test_a_file_is_sent_in_parts(worker: WorkerProgram) -> None:
    nothing = offset(worker)
    first = worker.send_file(DIGEST, CONTENT[:4000], **part(0, 3999)).status_code
    half = offset(worker)
    second = worker.send_file(DIGEST, CONTENT[4000:], **part(4000, 9999)).status_code

    assert (nothing, first, half, second) == ((404, "0"), 202, (404, "4000"), 201)
    assert offset(worker) == (200, None)
    assert worker.send_file(DIGEST, CONTENT).status_code == 208


def test_a_file_may_be_larger_than_the_body_of_any_other_call(worker: WorkerProgram) -> None:
    large = CONTENT * 300
    digest = hashlib.sha256(large).hexdigest()

    assert worker.send_file(digest, large).status_code == 201
    assert limit_of_path(f"/api/farm/v1/blobs/{digest}") is UPLOAD


def test_other_bytes_than_those_of_the_hash_are_not_kept(worker: WorkerProgram) -> None:
    answer = worker.send_file(DIGEST, CONTENT[::-1])

    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_bytes")
    assert offset(worker) == (404, "0")


@pytest.mark.parametrize(
    "header",
    [part(5000, 9999), {"Content-Range": "bytes 9-3/10"}, {"Content-Range": "all of it"}],
    ids=["gap", "backwards", "words"],
)
def test_a_part_that_does_not_follow_is_refused(
    worker: WorkerProgram, header: dict[str, str]
) -> None:
    worker.send_file(DIGEST, CONTENT[:4000], **part(0, 3999))

    assert worker.send_file(DIGEST, CONTENT[5000:], **header).status_code == 422
    assert offset(worker) == (404, "4000")


def test_a_file_begins_anew_over_what_a_killed_server_left(
    worker: WorkerProgram, folder: Path
) -> None:
    left = folder / worker.row.public_id / f"{DIGEST}.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(CONTENT)

    assert worker.send_file(DIGEST, CONTENT).status_code == 201


def test_of_two_that_send_the_same_one_has_to_wait(worker: WorkerProgram, folder: Path) -> None:
    left = folder / worker.row.public_id / f"{DIGEST}.part"
    left.parent.mkdir(parents=True)
    with left.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        answer = worker.send_file(DIGEST, CONTENT)

    assert (answer.status_code, answer.json()["code"]) == (425, "too_early")


def test_what_nobody_hands_in_is_removed_after_a_day(worker: WorkerProgram, folder: Path) -> None:
    worker.send_file(DIGEST, CONTENT)
    path = folder / worker.row.public_id / DIGEST
    blobs.sweep()
    there = path.exists()
    os.utime(path, (0, 0))

    blobs.sweep()

    assert (there, path.exists()) == (True, False)


def test_nobody_is_told_what_others_have_sent(worker: WorkerProgram, root: User) -> None:
    other = enrolled(root, "Front room")
    assert other.send_file(DIGEST, CONTENT).status_code == 201

    assert offset(worker) == (404, "0")
    assert worker.send_file(DIGEST, CONTENT).status_code == 201


def test_what_was_handed_in_stays_a_little_where_other_work_may_name_it(
    worker: WorkerProgram, folder: Path
) -> None:
    worker.send_file(DIGEST, CONTENT)
    name = worker.row.public_id

    blobs.hand_in(name, DIGEST, is_at_work=True)
    assert blobs.is_known(name, DIGEST)  # from now on it is as new
    blobs.hand_in(name, DIGEST, is_at_work=True)
    blobs.sweep(time.time() + blobs.HANDED_IN_SECONDS + 60)
    assert not blobs.is_known(name, DIGEST)

    worker.send_file(DIGEST, CONTENT)
    blobs.hand_in(name, DIGEST, is_at_work=False)
    assert not blobs.is_known(name, DIGEST)
