"""The model host ends with the process that started it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_models.address import open_listener
from tests.local_models.conftest import CHECKOUT, ask, call_of, run_dir  # noqa: F401


@pytest.fixture
def listener(run_dir: Path) -> Iterator[int]:  # noqa: F811
    with open_listener(run_dir) as socket:
        socket.set_inheritable(True)
        yield socket.fileno()


@pytest.mark.skipif(sys.platform != "linux", reason="needs PR_SET_PDEATHSIG")
def test_the_host_does_not_outlive_its_parent(listener: int) -> None:
    script = (
        "import subprocess, sys, time\n"
        "host = subprocess.Popen([sys.executable, 'manage.py', 'modelhost'], pass_fds=[int(sys.argv[1])])\n"
        "print(host.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    environment = {**os.environ, "PANIC_LISTEN_FD": str(listener)}
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(listener)],
        pass_fds=[listener], cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert parent.stdout
    host = os.pidfd_open(int(parent.stdout.readline()))
    asyncio.run(ask(call_of("local:synth", "are you there")))  # it has asked the kernel by now

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert _ends(host, seconds=60)


def _ends(pidfd: int, *, seconds: float) -> bool:
    import select

    ready, _, _ = select.select([pidfd], [], [], seconds)
    os.close(pidfd)
    return bool(ready)
