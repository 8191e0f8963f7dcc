"""Wake-ups through a real Redis."""

from __future__ import annotations

import os
import secrets
import time
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
    mine = [secrets.token_hex(8) for _ in range(2)]  # whoever shares the server is heard as well

    with wakeup.WakeUpListener("work", "events") as listener:
        for payload in mine:
            wakeup.notify("events", payload)

        received: list[wakeup.WakeUp] = []
        until = time.monotonic() + 60
        while ("events", mine[1]) not in received and time.monotonic() < until:
            received += listener.wait(1)
        received += listener.wait(0.02)
    assert [one for one in received if one[1] in mine] == [("events", one) for one in mine]
    redis._client.cache_clear()
