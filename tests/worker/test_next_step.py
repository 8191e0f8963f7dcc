"""Work that comes with the answer to an outcome, and files that need not be fetched."""

from __future__ import annotations

import hashlib

from tests.worker.conftest import StartWorker
from tests.worker.farm_server import ROOT, FarmServer
from tests.worker.test_run import PICTURE


def test_work_that_comes_with_an_answer_is_begun_without_a_claim(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.gives_next = True
    for token in ("t1", "t2", "t3"):
        farm.offer_text(token, token)

    start()

    farm.wait_for(lambda: len(farm.outcomes) == 3)
    assert [one["takes_next"] for one in farm.bodies("finish")] == [True] * 3
    calls = [name for name, _ in farm.calls if name in ("claim", "finish")]
    assert calls[:4] == ["claim", "finish", "finish", "finish"]


def test_a_server_that_gives_no_next_work_is_not_asked_for_it(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.offer_text("t1", "one")

    start()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert "takes_next" not in farm.bodies("finish")[0]


def test_work_that_came_with_a_lost_answer_comes_with_the_next_claim(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.gives_next = True
    farm.lose_answers("finish", 1)
    for token in ("t1", "t2"):
        farm.offer_text(token, token)

    start()

    farm.wait_for(lambda: len(farm.outcomes) == 2)
    assert farm.outcomes["t2"]["outcome"] == "succeeded"


def test_a_file_that_the_worker_has_just_made_is_not_fetched(
    farm: FarmServer, start: StartWorker
) -> None:
    farm.offer_file("t1", PICTURE, "image/png", "echo-image")
    start()
    farm.wait_for(lambda: "t1" in farm.outcomes)

    sha256 = hashlib.sha256(PICTURE).hexdigest()
    given = {"type": "image", "sha256": sha256, "url": f"{ROOT}files/none", "bytes": len(PICTURE)}
    farm.offer("t2", "echo-image", [given | {"content_type": "image/png"}], {})

    farm.wait_for(lambda: "t2" in farm.outcomes)
    assert farm.outcomes["t2"]["outcome"] == "succeeded"
    assert farm.count("get") == 1
