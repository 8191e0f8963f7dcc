"""The doorbell, within and between processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from realtime import datagrams, redis_bell, wakeup

pytestmark = pytest.mark.django_db(transaction=True)

only_datagrams = pytest.mark.skipif(
    os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="Unix datagrams: SQLite only"
)


@pytest.fixture(autouse=True)
def run_dir(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.RUN_DIR = tmp_path / "run"
    yield settings.RUN_DIR
    for path in datagrams.folder().glob("*.sock"):
        path.unlink()


def test_ring_is_heard_by_every_listener_of_its_channel_only() -> None:
    with (
        wakeup.Listener("work") as one,
        wakeup.Listener("events", "work") as two,
        wakeup.Listener("cancel") as other,
    ):
        wakeup.ring("work", "7")

        assert one.wait(1) == [("work", "7")]
        assert two.wait(1) == [("work", "7")]
        assert other.wait(0) == []


def test_rings_before_the_wait_are_not_lost_and_equal_ones_count_once() -> None:
    with wakeup.Listener("work") as listener:
        for payload in ("1", "2", "2", "3"):
            wakeup.ring("work", payload)

        waits: list[list[wakeup.Ring]] = []
        while ("work", "3") not in (heard := [ring for each in waits for ring in each]):
            waits.append(listener.wait(1))
        assert list(dict.fromkeys(heard)) == [("work", "1"), ("work", "2"), ("work", "3")]
        assert all(len(set(each)) == len(each) for each in waits)  # a server may deliver in parts
        assert listener.wait(0) == []


@pytest.mark.parametrize("turns", range(6))
def test_whoever_is_cancelled_while_the_bell_rings_is_cancelled(turns: int) -> None:
    async def go_on_after_a_ring(listener: wakeup.Listener) -> None:
        await listener.wait_async(30)
        await asyncio.sleep(30)

    async def cancel_in_the_ring(listener: wakeup.Listener) -> bool:
        task = asyncio.create_task(go_on_after_a_ring(listener))
        for _ in range(5):
            await asyncio.sleep(0)
        wakeup.ring("work", "7")
        for _ in range(turns):  # the loop's turns between the ring and the cancellation
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task}, timeout=2)
        stopped = task.cancelled()
        task.cancel()
        return stopped

    with wakeup.Listener("work") as listener:
        assert asyncio.run(cancel_in_the_ring(listener))


def test_silence_lasts_as_long_as_asked() -> None:
    with wakeup.Listener("work") as listener:
        began = time.monotonic()

        assert listener.wait(0.05) == []
        assert 0.04 < time.monotonic() - began < 1


def test_ring_that_nobody_hears_and_one_that_is_too_long_harm_nobody() -> None:
    wakeup.ring("work")
    wakeup.ring("work", "x" * 5000)


@pytest.mark.services
@pytest.mark.enable_socket
@pytest.mark.skipif(not os.environ.get("REDIS_URL"), reason="no REDIS_URL")
def test_redis_carries_rings_where_it_is_asked_to(settings: Settings) -> None:
    settings.WAKEUP = "redis"

    with wakeup.Listener("work", "events") as listener:
        for payload in ("1", "2"):
            wakeup.ring("events", payload)

        heard: list[wakeup.Ring] = []
        while len(heard) < 2:
            heard += listener.wait(1)
        assert heard == [("events", "1"), ("events", "2")]
        assert listener.wait(0.02) == []
    redis_bell._client.cache_clear()


@only_datagrams
def test_full_listener_learns_that_something_was_lost() -> None:
    with wakeup.Listener("events") as listener:
        for n in range(2000):
            wakeup.ring("events", str(n))

        assert ("events", "") in listener.wait(1)


@only_datagrams
def test_sockets_of_dead_processes_are_taken_away() -> None:
    bell = datagrams.DatagramBell(("work",))
    bell._socket.close()
    assert list(datagrams.folder().iterdir())

    wakeup.ring("work")

    assert not list(datagrams.folder().iterdir())


@only_datagrams
def test_long_path_moves_to_a_short_private_folder(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path / ("long" * 30)

    with wakeup.Listener("events", "cancel") as listener:
        wakeup.ring("cancel")
        assert listener.wait(1) == [("cancel", "")]

    assert datagrams.folder().stat().st_mode & 0o777 == 0o700


@only_datagrams
def test_forked_child_listens_for_itself_and_leaves_its_parent_alone() -> None:
    with wakeup.Listener("work") as listener:
        child = os.fork()
        if not child:
            listener.wait(0)  # binds anew
            wakeup.ring("work", "from the child")
            os._exit(0 if listener.wait(1) == [("work", "from the child")] else 1)

        _, status = os.waitpid(child, 0)
        assert status == 0
        assert listener.wait(1) == [("work", "from the child")]


@pytest.mark.asyncio
async def test_waiting_does_not_hold_up_the_loop() -> None:
    listener = await asyncio.to_thread(wakeup.Listener, "events")
    ringing = asyncio.get_running_loop().run_in_executor(None, ring_soon)

    assert await listener.wait_async(5) == [("events", "soon")]
    assert await listener.wait_async(0.02) == []
    await ringing
    listener.close()


def ring_soon() -> None:
    time.sleep(0.05)
    wakeup.ring("events", "soon")
    connection.close()


def test_another_process_is_heard() -> None:
    program = (
        "import django; django.setup(); from realtime import wakeup; wakeup.ring('work', 'hi')"
    )
    with wakeup.Listener("work") as listener:
        subprocess.run(  # the same database and folder, another process
            [sys.executable, "-c", PROLOGUE + program],
            check=True,
            env={**os.environ, **_whereabouts()},
        )

        assert listener.wait(5) == [("work", "hi")]


PROLOGUE = """
import os
from django.conf import settings
settings.RUN_DIR = os.environ["TEST_RUN_DIR"]
settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
"""


def _whereabouts() -> dict[str, str]:
    from django.conf import settings

    return {
        "TEST_RUN_DIR": str(settings.RUN_DIR),
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
