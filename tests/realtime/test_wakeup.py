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

from realtime import wakeup
from realtime.wakeup import datagrams

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
        wakeup.WakeUpListener("work") as one,
        wakeup.WakeUpListener("events", "work") as two,
        wakeup.WakeUpListener("cancel") as other,
    ):
        wakeup.notify("work", "7")

        assert one.wait(20) == [("work", "7")]
        assert two.wait(20) == [("work", "7")]
        assert other.wait(0) == []


def test_rings_before_the_wait_are_not_lost_and_equal_ones_count_once() -> None:
    with wakeup.WakeUpListener("work") as listener:
        for payload in ("1", "2", "2", "3"):
            wakeup.notify("work", payload)

        waits: list[list[wakeup.WakeUp]] = []
        while ("work", "3") not in (received := [ring for each in waits for ring in each]):
            waits.append(listener.wait(20))
        assert list(dict.fromkeys(received)) == [("work", "1"), ("work", "2"), ("work", "3")]
        assert all(len(set(each)) == len(each) for each in waits)  # a server may deliver in parts
        assert listener.wait(0) == []


@pytest.mark.parametrize("turns", range(6))
def test_whoever_is_cancelled_while_the_bell_rings_is_cancelled(turns: int) -> None:
    async def go_on_after_a_ring(listener: wakeup.WakeUpListener) -> None:
        await listener.wait_async(30)
        await asyncio.sleep(30)

    async def cancel_in_the_ring(listener: wakeup.WakeUpListener) -> bool:
        task = asyncio.create_task(go_on_after_a_ring(listener))
        for _ in range(5):
            await asyncio.sleep(0)
        wakeup.notify("work", "7")
        for _ in range(turns):  # the loop's turns between the ring and the cancellation
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task}, timeout=20)
        stopped = task.cancelled()
        task.cancel()
        return stopped

    with wakeup.WakeUpListener("work") as listener:
        assert asyncio.run(cancel_in_the_ring(listener))


def test_silence_lasts_as_long_as_asked() -> None:
    with wakeup.WakeUpListener("work") as listener:
        began = time.monotonic()

        assert listener.wait(0.05) == []
        assert time.monotonic() - began > 0.04


def test_ring_that_nobody_hears_and_one_that_is_too_long_harm_nobody() -> None:
    wakeup.notify("work")
    wakeup.notify("work", "x" * 5000)


@only_datagrams
def test_full_listener_learns_that_something_was_lost() -> None:
    with wakeup.WakeUpListener("events") as listener:
        for n in range(2000):
            wakeup.notify("events", str(n))

        assert ("events", "") in listener.wait(20)


@only_datagrams
def test_sockets_of_dead_processes_are_taken_away() -> None:
    receiver = datagrams.DatagramReceiver(("work",))
    receiver._socket.close()
    assert list(datagrams.folder().iterdir())

    wakeup.notify("work")

    assert not list(datagrams.folder().iterdir())


@only_datagrams
def test_long_path_moves_to_a_short_private_folder(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path / ("long" * 30)

    with wakeup.WakeUpListener("events", "cancel") as listener:
        wakeup.notify("cancel")
        assert listener.wait(20) == [("cancel", "")]

    assert datagrams.folder().stat().st_mode & 0o777 == 0o700


@only_datagrams
def test_forked_child_listens_for_itself_and_leaves_its_parent_alone() -> None:
    with wakeup.WakeUpListener("work") as listener:
        child = os.fork()
        if not child:
            listener.wait(0)  # binds anew
            wakeup.notify("work", "from the child")
            os._exit(0 if listener.wait(20) == [("work", "from the child")] else 1)

        _, status = os.waitpid(child, 0)
        assert status == 0
        assert listener.wait(20) == [("work", "from the child")]


@pytest.mark.asyncio
async def test_waiting_does_not_hold_up_the_loop() -> None:
    listener = await asyncio.to_thread(wakeup.WakeUpListener, "events")
    notifying = asyncio.get_running_loop().run_in_executor(None, notify_soon)

    assert await listener.wait_async(20) == [("events", "soon")]
    assert await listener.wait_async(0.02) == []
    await notifying
    listener.close()


def notify_soon() -> None:
    time.sleep(0.05)
    wakeup.notify("events", "soon")
    connection.close()


def test_another_process_is_heard() -> None:
    program = (
        "import django; django.setup(); from realtime import wakeup; wakeup.notify('work', 'hi')"
    )
    with wakeup.WakeUpListener("work") as listener:
        subprocess.run(  # the same database and folder, another process
            [sys.executable, "-c", PROLOGUE + program],
            check=True,
            env={**os.environ, **_whereabouts()},
        )

        assert listener.wait(20) == [("work", "hi")]


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
