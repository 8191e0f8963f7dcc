"""Wake-ups through a real Redis."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from realtime import wakeup
from realtime.wakeup import datagrams, redis


@pytest.fixture(autouse=True)
def run_dir(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.RUN_DIR = tmp_path / "run"
    yield settings.RUN_DIR
    for path in datagrams.folder().glob("*.sock"):
        path.unlink()


@pytest.mark.skipif(not os.environ.get("REDIS_URL"), reason="no REDIS_URL")
def test_redis_carries_rings_where_it_is_asked_to(settings: Settings) -> None:
    settings.WAKEUP = "redis"

    with wakeup.WakeUpListener("work", "events") as listener:
        for payload in ("1", "2"):
            wakeup.notify("events", payload)

        received: list[wakeup.WakeUp] = []
        while len(received) < 2:
            received += listener.wait(20)
        assert received == [("events", "1"), ("events", "2")]
        assert listener.wait(0.02) == []
    redis._client.cache_clear()
