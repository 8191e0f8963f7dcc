"""Signing on and off, the status that the server asks for, and what keeps a worker from claiming."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from panic_worker.configuration import Configuration
from panic_worker.failures import SecretRefused
from panic_worker.folder import WorkerFolder
from panic_worker.handlers.echo import EchoHandler
from panic_worker.program import Program
from tests.worker.conformance import PROGRAMS
from tests.worker.conftest import QUICK, StartedWorker, StartWorker
from tests.worker.farm_server import PATIENCE_SECONDS, FarmServer


def test_a_worker_that_is_put_to_sleep_goes_on_asking_until_it_is_woken(
    farm: FarmServer, start: StartWorker
) -> None:
    start()
    farm.wait_for(lambda: farm.count("claim"))

    farm.set(requested_status="asleep")
    farm.wait_for(lambda: farm.count("claim") >= 4)
    assert farm.status == "asleep"
    farm.offer_text("t1", "panic")
    farm.set(requested_status="awake")

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.count("sign-on") == 1


def test_a_status_is_confirmed_once_its_work_is_done(farm: FarmServer, start: StartWorker) -> None:
    farm.offer_text("t1", "panic", wait=True)
    start(slots=2)
    farm.wait_for(lambda: farm.count("renew"))

    farm.set(requested_status="asleep")
    before = farm.count("claim")
    farm.wait_for(lambda: farm.count("renew") >= 5)
    assert farm.status == "awake"
    assert farm.count("claim") <= before + 2  # it has heard, and waits for its work
    farm.set(go_on={"go_on": False, "reason": ""})

    farm.wait_for(lambda: farm.status == "asleep")
    assert farm.outcomes["t1"]["outcome"] == "released"


def test_a_worker_that_is_to_test_itself_signs_on_with_what_it_found(
    farm: FarmServer, start: StartWorker
) -> None:
    start()
    farm.wait_for(lambda: farm.count("claim"))

    farm.script("claim", 423, {"requested_status": "testing"})
    farm.offer_text("t1", "panic")

    farm.wait_for(lambda: "t1" in farm.outcomes)
    farm.wait_for(lambda: farm.count("sign-on") == 2)


def test_a_worker_that_is_to_be_offline_ends(farm: FarmServer, start: StartWorker) -> None:
    worker = start()
    farm.wait_for(lambda: farm.count("claim"))

    farm.set(requested_status="offline")

    worker.wait()
    assert worker.error is None
    assert farm.count("sign-off") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="it is not offered there")
def test_a_worker_that_is_to_restart_starts_its_program_anew(
    farm: FarmServer, tmp_path: Path
) -> None:
    process = PROGRAMS[0].run(tmp_path, farm.url)
    try:
        farm.wait_for(lambda: farm.count("claim"))
        farm.set(requested_status="restart")
        farm.wait_for(lambda: farm.count("sign-off"))
        farm.set(requested_status="")
        farm.wait_for(lambda: farm.count("sign-on") >= 2)
        farm.offer_text("t1", "panic")

        farm.wait_for(lambda: "t1" in farm.outcomes)
        assert process.poll() is None, "it is the same process"
    finally:
        process.kill()
        process.wait()


def test_a_server_that_forgot_the_session_is_signed_on_to_again(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.script("claim", 409, {"code": "not_signed_on"})
    farm.offer_text("t1", "panic")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.count("sign-on") == 2


def test_a_second_program_waits_until_the_first_is_silent(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.script("sign-on", 409, {"code": "already_signed_on", "detail": "Another one is there."})
    farm.offer_text("t1", "panic")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)


def test_a_secret_that_was_replaced_ends_the_program_with_a_sentence(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.script("claim", 401, {"detail": "This worker was removed."})

    worker = start()

    worker.wait()
    assert isinstance(worker.error, SecretRefused)
    assert "This worker was removed." in str(worker.error)


def test_ending_hands_work_back_and_signs_off(farm: FarmServer, start: StartWorker) -> None:
    farm.offer_text("t1", "panic", wait=True)
    worker = start()
    farm.wait_for(lambda: farm.count("renew"))

    worker.end()

    assert farm.outcomes["t1"]["outcome"] == "released"
    assert [name for name, _ in farm.calls][-1] == "sign-off"
    assert worker.error is None


class FullFolder(WorkerFolder):
    """Its disk is full; `was_asked` is set once that was looked at again."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.was_asked = threading.Event()
        self._asked = 0

    def free_bytes(self) -> int:
        self._asked += 1
        if self._asked > 1:
            self.was_asked.set()
        return 0


def test_no_work_is_claimed_on_a_disk_that_is_nearly_full(
    farm: FarmServer, folder: WorkerFolder
) -> None:
    full = FullFolder(folder.path)
    configuration = Configuration(min_free_bytes=1)

    worker = StartedWorker(Program(full, full.enrolment(), [EchoHandler()], configuration, QUICK))
    assert full.was_asked.wait(PATIENCE_SECONDS)
    worker.end()

    assert farm.count("claim") == 0


def test_a_server_that_hears_it_is_told_of_a_full_disk_and_gives_nothing(
    farm: FarmServer, folder: WorkerFolder
) -> None:
    farm.hears_trouble = True
    farm.offer_text("t1", "panic")
    full = FullFolder(folder.path)
    configuration = Configuration(min_free_bytes=5 << 20)

    worker = StartedWorker(Program(full, full.enrolment(), [EchoHandler()], configuration, QUICK))
    farm.wait_for(lambda: farm.count("claim") > 1)
    worker.end()

    said = {one["trouble"] for one in farm.bodies("claim")}
    assert said == {"Its disk is full: 0 MB of disk are free, 5 wanted."}
    assert farm.outcomes == {}
