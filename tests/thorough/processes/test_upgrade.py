"""An upgrade from an earlier version, whose `up` was killed in the middle of a step while displays were connected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import previous_release
from tests.services.followers import Follower
from tests.stack import Stack

MORE_STEPS = 10


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    # The events of the file are of the day on which it was made.
    made = Stack(tmp_path / "data", EVENTS_KEPT_DAYS="3650")
    try:
        yield made
    finally:
        made.destroy()


def test_the_run_goes_on_and_displays_miss_nothing(stack: Stack) -> None:
    before = previous_release.put_in(stack)
    feed = f"{stack.socket_url}/ws/networks/{before.network}/"
    follower = Follower(feed, cursor=before.cursor)  # it has been trying since the old version went

    stack.prepare()
    stack.start()
    stack.wait_until(
        lambda: follower.completed[-1:] > [before.completed + MORE_STEPS], 90, "the run goes on"
    )
    with stack.client(stack.token(admin=True)) as client:
        run = client.get(f"/api/v1/runs/{before.run}").json()
        page = client.get(before.display_path)
        steps = client.get(f"/api/v1/runs/{before.run}/invocations?limit=50").json()["items"]
    follower.leave()

    assert (run["state"], run["retention"]) == ("running", "normal")
    assert follower.completed[0] == before.completed + 1
    assert (follower.gaps(), follower.resyncs) == ([], 0)
    assert page.status_code == 200
    assert all(step["attempts"] <= 2 for step in steps)  # the one that was cut off: once more
    copies = list((stack.data_dir / "backups").glob("*-before-migration.tar"))
    assert len(copies) == 1
