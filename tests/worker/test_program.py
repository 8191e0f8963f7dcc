"""`panic-worker run` as a program: killed, ended, and without its server."""

from __future__ import annotations

import hashlib
import signal
import subprocess
from collections.abc import Callable
from contextlib import closing

from panic_worker.folder import WorkerFolder
from panic_worker.outbox import MAX_RECENT_BYTES, Outbox
from tests.worker.farm_server import PATIENCE_SECONDS, FarmServer

Spawn = Callable[[], subprocess.Popen[bytes]]
PICTURE = b"a picture" * 1000


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_an_outcome_survives_kill_9_while_the_server_is_away(
    farm: FarmServer, spawn: Spawn, folder: WorkerFolder
) -> None:
    farm.script("finish", 503, Retry_After="3600")
    farm.offer_file("t1", PICTURE, "image/png", "echo-image")
    first = spawn()
    farm.wait_for(lambda: farm.count("finish"))

    kill(first)
    spawn()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    sha256 = hashlib.sha256(PICTURE).hexdigest()
    assert farm.outcomes["t1"]["outputs"] == [{"type": "image", "sha256": sha256}]
    assert farm.bodies("finish")[0] == farm.outcomes["t1"]  # made once, told twice
    assert farm.count("put") == 1
    assert len(set(farm.sessions)) == 1


def test_the_files_of_an_outcome_survive_kill_9(farm: FarmServer, spawn: Spawn) -> None:
    farm.script("put", 503, Retry_After="3600")
    farm.offer_file("t1", PICTURE, "image/png", "echo-image")
    first = spawn()
    farm.wait_for(lambda: farm.count("put"))

    kill(first)
    spawn()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.blobs[hashlib.sha256(PICTURE).hexdigest()] == PICTURE


def test_work_that_was_under_way_at_kill_9_is_done_again_and_its_log_goes_on(
    farm: FarmServer, spawn: Spawn
) -> None:
    farm.offer_text("t1", "panic", wait=True, lines=2)
    first = spawn()
    farm.wait_for(lambda: farm.logs.get("t1"))

    kill(first)
    farm.held["t1"]["parameters"] = {"lines": 1}
    spawn()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.outcomes["t1"]["outcome"] == "succeeded"
    assert farm.logs["t1"] == "line 0\nline 1\nline 0\n"


def test_what_was_given_away_meanwhile_is_dropped(
    farm: FarmServer, spawn: Spawn, folder: WorkerFolder
) -> None:
    farm.script("finish", 503, Retry_After="3600")
    farm.offer_file("t1", PICTURE, "image/png", "echo-image")
    first = spawn()
    farm.wait_for(lambda: farm.count("finish"))

    kill(first)
    farm.set(held={})
    farm.offer_text("t2", "next")
    second = spawn()
    farm.wait_for(lambda: "t2" in farm.outcomes)
    second.terminate()
    second.wait(PATIENCE_SECONDS)

    assert "t1" not in farm.outcomes
    with closing(Outbox(folder.outbox, folder.blobs)) as outbox:
        assert outbox.finished_tokens() == []
        assert outbox.unfinished_tokens() == set()
    assert sum(one.stat().st_size for one in folder.blobs.iterdir()) <= MAX_RECENT_BYTES


def test_sigterm_hands_work_back_signs_off_and_ends_well(farm: FarmServer, spawn: Spawn) -> None:
    farm.offer_text("t1", "panic", wait=True)
    worker = spawn()
    farm.wait_for(lambda: farm.count("renew"))

    worker.terminate()

    assert worker.wait(PATIENCE_SECONDS) == 0
    assert farm.outcomes["t1"]["outcome"] == "released"
    assert farm.count("sign-off") == 1


def test_sigterm_ends_a_worker_that_waits_for_its_server(farm: FarmServer, spawn: Spawn) -> None:
    farm.script("sign-on", 503, Retry_After="3600")
    worker = spawn()
    farm.wait_for(lambda: farm.count("sign-on"))

    worker.terminate()

    assert worker.wait(PATIENCE_SECONDS) == 0


def test_signals_put_it_to_sleep_and_wake_it(farm: FarmServer, spawn: Spawn) -> None:
    worker = spawn()
    farm.wait_for(lambda: farm.count("claim"))

    worker.send_signal(signal.SIGUSR1)  # also ends the claim that waits
    farm.wait_for(lambda: farm.count("sign-off"))
    farm.offer_text("t1", "panic")
    worker.send_signal(signal.SIGUSR2)

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.count("sign-on") == 2


def test_a_worker_that_was_removed_ends_with_a_status_of_its_own(
    farm: FarmServer, spawn: Spawn
) -> None:
    farm.script("sign-on", 401, {"detail": "It was removed."})

    assert spawn().wait(PATIENCE_SECONDS) == 3
