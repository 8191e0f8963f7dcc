"""A worker that is signed on: what it does with work, and what it makes of the server's answers."""

from __future__ import annotations

import hashlib

from panic_worker.folder import WorkerFolder
from tests.worker.conftest import StartWorker
from tests.worker.farm_server import FarmServer

PICTURE = bytes(range(256)) * 400


def test_a_text_is_done_and_handed_in(farm: FarmServer, start: StartWorker) -> None:
    farm.offer_text("t1", "panic")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    outcome = farm.outcomes["t1"]
    assert outcome["outcome"] == "succeeded"
    assert outcome["outputs"] == [{"type": "text", "text": "panic"}]
    assert outcome["backend"] == "echo"
    assert outcome["degraded"] is False
    assert outcome["seconds"] >= 0


def test_it_signs_on_with_what_it_offers_and_the_session_of_its_folder(
    farm: FarmServer, start: StartWorker, folder: WorkerFolder
) -> None:
    start(slots=3)

    farm.wait_for(lambda: farm.count("claim"))
    signed_on = farm.bodies("sign-on")[0]
    assert signed_on["session"] == folder.session()
    assert signed_on["slots"] == 3
    assert [one["name"] for one in signed_on["offers"]][:2] == ["echo-text", "echo-image"]
    assert signed_on["self_test"] == {
        "ok": True,
        "checks": [{"name": "echo", "ok": True, "sentence": ""}],
    }
    assert farm.bodies("claim")[0] == {"slots": 3, "wait_seconds": 25}


def test_a_file_is_fetched_and_its_output_uploaded_before_the_outcome(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.offer_file("t1", PICTURE, "image/png", "farm:echo-image@attic")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    sha256 = hashlib.sha256(PICTURE).hexdigest()
    assert farm.outcomes["t1"]["outputs"] == [{"type": "image", "sha256": sha256}]
    assert farm.blobs[sha256] == PICTURE
    assert farm.types[sha256] == "image/png"


def test_an_upload_goes_on_where_the_line_broke(farm: FarmServer, start: StartWorker) -> None:
    farm.cut_after = 1000
    farm.offer_file("t1", PICTURE, "image/png", "echo-image")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    size = len(PICTURE)
    assert farm.outcomes["t1"]["outcome"] == "succeeded"
    assert farm.bodies("put") == [
        {"range": None, "size": size},
        {"range": f"bytes 1000-{size - 1}/{size}", "size": size - 1000},
    ]


def test_a_large_file_that_the_server_has_is_not_sent(farm: FarmServer, start: StartWorker) -> None:
    large = PICTURE * 11
    farm.blobs[hashlib.sha256(large).hexdigest()] = large
    farm.offer_file("t1", large, "image/png", "echo-image")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.count("put") == 0


def test_a_small_file_is_sent_without_asking_whether_the_server_has_it(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.offer_file("t1", PICTURE, "image/png", "echo-image")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert (farm.count("head"), farm.count("put")) == (0, 1)


def test_an_upload_waits_for_another_machines_upload_of_the_same_file(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.script("put", 425, Retry_After="0")
    farm.script("put", 208)
    farm.offer_file("t1", PICTURE, "image/png", "echo-image")

    start()

    farm.wait_for(lambda: farm.count("finish"))
    assert farm.count("put") == 2


def test_a_file_that_the_server_refuses_is_a_failure_with_its_sentence(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.script("put", 413, {"detail": "At most 5 MB."})
    farm.offer_file("t1", PICTURE, "image/png", "echo-image")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    outcome = farm.outcomes["t1"]
    assert outcome["outcome"] == "failed"
    assert outcome["error"]["class"] == "permanent"
    assert "At most 5 MB." in outcome["error"]["sentence"]


def test_an_input_that_arrives_damaged_is_a_failure(farm: FarmServer, start: StartWorker) -> None:
    farm.offer_file("t1", PICTURE, "image/png", "echo-image")
    farm.files[hashlib.sha256(PICTURE).hexdigest()] = PICTURE[:-1] + b"?"

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.outcomes["t1"]["error"]["class"] == "temporary"


def test_the_secret_is_not_sent_to_another_host(farm: FarmServer, start: StartWorker) -> None:
    given = {"type": "image", "sha256": "0", "url": "http://elsewhere.example/x", "bytes": 1}
    farm.offer("t1", "echo-image", [{**given, "content_type": "image/png"}], {})

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert "another host" in farm.outcomes["t1"]["error"]["sentence"]


def test_the_log_arrives_before_the_outcome(farm: FarmServer, start: StartWorker) -> None:
    farm.offer_text("t1", "panic", lines=3)

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.logs["t1"] == "line 0\nline 1\nline 2\n"
    names = [name for name, _ in farm.calls if name in ("log", "finish")]
    assert names[-1] == "finish"


def test_a_failure_says_its_class_and_a_sentence(farm: FarmServer, start: StartWorker) -> None:
    farm.offer_text("t1", "panic", fail="refused")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    outcome = farm.outcomes["t1"]
    assert outcome["outcome"] == "failed"
    assert outcome["error"]["class"] == "refused"
    assert outcome["error"]["sentence"] == "The echo was asked to fail."
    assert "asked to fail" in farm.logs["t1"]


def test_work_that_it_does_not_offer_is_unfit_for_it(farm: FarmServer, start: StartWorker) -> None:
    farm.offer_text("t1", "panic", model="farm:something-else")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.outcomes["t1"]["outcome"] == "unfit"


def test_work_is_renewed_with_its_progress_until_the_server_stops_it(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.offer_text("t1", "panic", wait=True)
    start()
    farm.wait_for(lambda: any(body["progress"] == 0.5 for body in farm.bodies("renew")))

    farm.set(go_on={"go_on": False, "reason": "The run was stopped."})

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.outcomes["t1"]["outcome"] == "released"
    assert farm.outcomes["t1"]["error"]["sentence"] == "The run was stopped."


def test_no_answer_to_a_renewal_stops_nothing(farm: FarmServer, start: StartWorker) -> None:
    farm.offer_text("t1", "panic", wait=True)
    for _ in range(3):
        farm.script("renew", 503)
    start()

    farm.wait_for(lambda: farm.count("renew") >= 5)

    assert not farm.outcomes


def test_an_attempt_that_was_given_away_is_dropped(farm: FarmServer, start: StartWorker) -> None:
    farm.offer_text("t1", "panic", wait=True)
    start()
    farm.wait_for(lambda: farm.count("renew"))

    farm.set(held={})
    farm.offer_text("t2", "again")

    farm.wait_for(lambda: "t2" in farm.outcomes)
    assert "t1" not in farm.outcomes
    assert farm.count("finish") == 1


def test_an_outcome_that_comes_too_late_is_dropped(farm: FarmServer, start: StartWorker) -> None:
    farm.script("finish", 409, {"code": "stale"})
    farm.offer_text("t1", "panic")
    start()
    farm.wait_for(lambda: farm.count("finish"))

    farm.set(held={})
    farm.offer_text("t2", "again")

    farm.wait_for(lambda: "t2" in farm.outcomes)
    assert farm.count("finish") == 2


def test_work_is_finished_while_the_server_is_away_and_handed_in_afterwards(
    farm: FarmServer, start: StartWorker
) -> None:
    for _ in range(5):
        farm.script("finish", 503, Retry_After="0")
    farm.offer_text("t1", "panic")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.count("finish") == 6
    assert len({str(body) for body in farm.bodies("finish")}) == 1  # word for word


def test_a_worker_without_a_server_waits_for_it(farm: FarmServer, start: StartWorker) -> None:
    farm.is_away = True
    farm.offer_text("t1", "panic")
    start()

    farm.set(is_away=False)

    farm.wait_for(lambda: "t1" in farm.outcomes)


def test_the_same_work_given_twice_is_done_once(farm: FarmServer, start: StartWorker) -> None:
    farm.offer_text("t1", "panic", wait=True)
    start(slots=2)

    farm.offer_text("t2", "panic")  # the answer names t1 again, and so does the next one
    farm.wait_for(lambda: "t2" in farm.outcomes)
    farm.offer_text("t3", "panic")
    farm.wait_for(lambda: "t3" in farm.outcomes)

    farm.set(go_on={"go_on": False, "reason": ""})
    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.count("finish") == 3


def test_slots_work_side_by_side(farm: FarmServer, start: StartWorker) -> None:
    farm.offer_text("t1", "panic", wait=True)
    farm.offer_text("t2", "panic")

    start(slots=2)

    farm.wait_for(lambda: "t2" in farm.outcomes)
    assert "t1" not in farm.outcomes


def test_a_log_goes_on_where_the_server_misses_a_part(farm: FarmServer, start: StartWorker) -> None:
    farm.logs["t1"] = "earlier"
    farm.script("log", 409, {"code": "log_gap", "expected": 7})
    farm.offer_text("t1", "panic", lines=1)

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.logs["t1"] == "earlierline 0\n"


def test_work_that_takes_longer_than_its_deadline_is_stopped(
    farm: FarmServer, start: StartWorker
) -> None:
    given = [{"type": "text", "text": "panic"}]
    farm.offer("t1", "echo-text", given, {"wait": True}, deadline_seconds=0.05)

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.outcomes["t1"]["outcome"] == "failed"
    assert "took longer than 0.05 s" in farm.outcomes["t1"]["error"]["sentence"]


def test_an_outcome_that_cannot_be_kept_is_told_as_a_failure(
    farm: FarmServer, start: StartWorker, folder: WorkerFolder
) -> None:
    start()
    farm.wait_for(lambda: farm.count("claim"))
    folder.blobs.rmdir()
    folder.blobs.write_text("no folder any more")

    farm.offer_file("t1", PICTURE, "image/png", "echo-image")
    farm.offer_text("t2", "panic")

    farm.wait_for(lambda: "t2" in farm.outcomes)
    assert farm.outcomes["t1"]["outcome"] == "failed"
    assert farm.outcomes["t2"]["outcome"] == "succeeded"
