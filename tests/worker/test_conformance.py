"""The worker protocol of docs/farm.md, held to by panic-worker and by the worker in one file.

The server of these tests plays it and fails on demand; whatever a program has sent is held to
the description of the real one.
"""

from __future__ import annotations

import hashlib
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import BaseModel

from farm.api import protocol
from tests.worker.conformance import EXAMPLE, PROGRAMS, ConformingProgram
from tests.worker.farm_server import PATIENCE_SECONDS, SECRET, FarmServer

BODIES: dict[str, type[BaseModel]] = {
    "enrol": protocol.EnrolmentIn,
    "sign-on": protocol.SignOn,
    "claim": protocol.ClaimIn,
    "renew": protocol.RenewalIn,
    "log": protocol.LogPiece,
    "finish": protocol.FinishIn,
}
MAX_LINES = 80
Start = Callable[[], subprocess.Popen[bytes]]

every_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.name)
those_with_files = pytest.mark.parametrize(
    "program", [one for one in PROGRAMS if one.sends_files], ids=lambda one: one.name
)


@pytest.fixture
def start(
    program: ConformingProgram, farm: FarmServer, tmp_path: Path
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts it; in the end it is killed, and all that it has sent is as the description says."""
    running: list[subprocess.Popen[bytes]] = []

    def start_one() -> subprocess.Popen[bytes]:
        running.append(program.run(tmp_path / "program", farm.url))
        return running[-1]

    yield start_one
    for process in running:
        process.kill()
        process.wait()
    for call, body in list(farm.calls):
        if call in BODIES:
            BODIES[call].model_validate(body)


def give(farm: FarmServer, program: ConformingProgram, token: str) -> None:
    farm.offer_text(token, "panic", model=f"farm:{program.model}")


def is_done(farm: FarmServer, token: str) -> Callable[[], bool]:
    return lambda: farm.outcomes.get(token, {}).get("outcome") == "succeeded"


@every_program
def test_it_enrols_and_keeps_or_shows_its_secret(
    program: ConformingProgram, farm: FarmServer, tmp_path: Path
) -> None:
    folder = tmp_path / "program"

    assert SECRET in program.enrol(folder, farm.url, "good")
    assert BODIES["enrol"].model_validate(farm.bodies("enrol")[0])


@every_program
def test_it_signs_on_before_it_claims_and_says_what_it_offers(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    start()
    farm.wait_for(lambda: farm.count("claim"))

    assert [name for name, _ in farm.calls[:2]] == ["sign-on", "claim"]
    assert program.model in {one["name"] for one in farm.bodies("sign-on")[0]["offers"]}


@every_program
def test_it_does_what_it_is_given(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    give(farm, program, "t1")
    start()
    farm.wait_for(is_done(farm, "t1"))
    give(farm, program, "t2")
    farm.wait_for(is_done(farm, "t2"))

    assert farm.outcomes["t1"]["outputs"] == [{"type": "text", "text": program.answer}]


@every_program
def test_after_a_kill_it_goes_on_with_the_same_work_in_the_same_session(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    for _ in range(100):
        farm.script("finish", 503, Retry_After="60")
    give(farm, program, "t1")
    process = start()
    farm.wait_for(lambda: farm.count("finish"))
    process.kill()
    process.wait()
    farm.scripted.clear()

    start()
    farm.wait_for(is_done(farm, "t1"))

    assert len(set(farm.sessions)) == 1
    assert len(farm.sessions) == 2


@every_program
def test_what_it_is_told_to_stop_is_not_handed_in_as_done(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    farm.set(go_on={"go_on": False, "reason": "cancelled"}, is_busy_with_successes=True)
    give(farm, program, "t1")
    start()
    farm.wait_for(lambda: farm.count("renew"))
    farm.held.pop("t1", None)
    claims = farm.count("claim")
    farm.wait_for(lambda: farm.count("claim") > claims)  # it has let go of the work
    farm.set(go_on={"go_on": True, "reason": ""}, is_busy_with_successes=False)
    give(farm, program, "t2")
    farm.wait_for(is_done(farm, "t2"))

    assert not is_done(farm, "t1")()


@every_program
def test_work_that_is_somebody_elses_is_dropped(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    farm.script("finish", 409, {"code": "stale", "detail": "It is not yours any more."})
    give(farm, program, "t1")
    start()
    farm.wait_for(lambda: farm.count("finish"))
    farm.held.pop("t1")
    give(farm, program, "t2")
    farm.wait_for(is_done(farm, "t2"))

    assert farm.count("finish") == 2


@every_program
def test_an_answer_that_was_lost_is_asked_for_again_word_for_word(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    farm.lose_answers("finish", 1)
    give(farm, program, "t1")
    start()
    farm.wait_for(lambda: farm.count("finish") == 2)

    first, second = farm.bodies("finish")
    assert first == second


@every_program
def test_it_sleeps_when_it_is_to_and_works_when_it_is_woken(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    farm.set(requested_status="asleep")
    start()
    farm.wait_for(lambda: farm.status == "asleep" and not farm.requested_status)
    give(farm, program, "t1")
    claims = farm.count("claim")
    farm.wait_for(lambda: farm.count("claim") > claims + 1)  # it asks on
    assert not farm.outcomes

    farm.set(requested_status="awake")
    farm.wait_for(is_done(farm, "t1"))


@every_program
@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_the_server_says(
    program: ConformingProgram, farm: FarmServer, start: Start, status: int
) -> None:
    farm.script("claim", status, Retry_After="0.5")
    give(farm, program, "t1")
    start()
    farm.wait_for(is_done(farm, "t1"))

    times = farm.times("claim")
    assert any(later - earlier >= 0.5 for earlier, later in pairwise(times))
    assert times[1] - times[0] >= 0.5


@every_program
def test_it_signs_off_when_it_is_ended(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    process = start()
    farm.wait_for(lambda: farm.count("claim"))
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE_SECONDS)

    assert farm.count("sign-off") == 1


PICTURE = b"not really a picture" * 5000
DIGEST = hashlib.sha256(PICTURE).hexdigest()


@those_with_files
def test_a_large_file_that_is_known_is_not_sent(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    large = PICTURE * 20  # 2 MB; a small one may be sent without asking
    digest = hashlib.sha256(large).hexdigest()
    farm.blobs[digest] = large
    farm.offer_file("t1", large, "image/png", "farm:echo-image")
    start()
    farm.wait_for(is_done(farm, "t1"))

    assert farm.count("put") == 0
    assert farm.outcomes["t1"]["outputs"] == [{"type": "image", "sha256": digest}]


@those_with_files
def test_a_file_that_another_one_sends_is_waited_for(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    farm.script("put", 425, {"code": "too_early"}, Retry_After="0")
    farm.offer_file("t1", PICTURE, "image/png", "farm:echo-image")
    start()
    farm.wait_for(is_done(farm, "t1"))

    assert farm.blobs[DIGEST] == PICTURE


@those_with_files
def test_a_file_whose_hash_does_not_match_is_sent_again(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    farm.script("put", 422, {"code": "wrong_bytes"})
    farm.offer_file("t1", PICTURE, "image/png", "farm:echo-image")
    start()
    farm.wait_for(is_done(farm, "t1"))

    assert farm.count("put") == 2


@those_with_files
def test_a_file_goes_on_where_the_line_broke(
    program: ConformingProgram, farm: FarmServer, start: Start
) -> None:
    farm.cut_after = 1000
    farm.offer_file("t1", PICTURE, "image/png", "farm:echo-image")
    start()
    farm.wait_for(is_done(farm, "t1"))

    last = farm.bodies("put")[-1]
    assert re.fullmatch(rf"bytes \d+-{len(PICTURE) - 1}/{len(PICTURE)}", last["range"])
    assert farm.blobs[DIGEST] == PICTURE


def test_the_example_is_as_short_as_the_documentation_says() -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= MAX_LINES
