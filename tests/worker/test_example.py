"""The worker in one file speaks the protocol."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.worker.farm_server import SECRET, FarmServer

EXAMPLE = Path(__file__).resolve().parents[2] / "worker/examples/minimal_worker.py"


def test_it_works_and_hands_in(farm: FarmServer) -> None:
    farm.script("finish", 503, Retry_After="0")
    farm.script("claim", 409, {"code": "not_signed_on"}, Retry_After="0")
    farm.offer_text("t1", "panic", model="farm:capitals")
    worker = subprocess.Popen([sys.executable, EXAMPLE, farm.url, "run", SECRET])
    try:
        farm.wait_for(lambda: "t1" in farm.outcomes)
        farm.offer_text("t2", "again", model="farm:capitals")
        farm.wait_for(lambda: "t2" in farm.outcomes)
    finally:
        worker.kill()
        worker.wait()

    assert farm.outcomes["t1"]["outputs"] == [{"type": "text", "text": "PANIC"}]
    assert farm.count("sign-on") == 2


def test_it_enrols(farm: FarmServer) -> None:
    command = [sys.executable, str(EXAMPLE), farm.url, "enrol", "good"]

    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert SECRET in printed
