"""The model host ends with the process that started it, and a run survives it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_models.address import open_listener
from tests.local_models.conftest import CHECKOUT, ask, call_of, run_dir  # noqa: F401
from tests.stack import Stack


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


@pytest.mark.timeout(600)
def test_a_host_that_is_killed_for_memory_is_reported_and_the_run_goes_on(stack: Stack) -> None:
    token = stack.token(admin=True)
    stack.seed()
    stack.start()
    with stack.client(token) as client:
        network = "/api/v1/networks/whispers"
        no_wait = [{"until_seconds": None, "delay_seconds": 0}]
        client.patch(network, json={"pacing": no_wait}).raise_for_status()
        run = client.post(f"{network}/runs", json={"prompt": "hush"}).json()["id"]

        def steps() -> list[dict[str, Any]]:
            answer = client.get(f"/api/v1/runs/{run}/invocations", params={"limit": 200})
            return list(answer.json()["items"])

        def attempts_of_struck_step() -> list[dict[str, Any]]:
            """Those of the step under way when the host is killed; one, where its answer had left the host."""
            stack.wait_until(lambda: stack.processes("models"), 60, "there is a host")
            stack.kill(
                "models", signal.SIGSTOP
            )  # what is asked of it now is under way when it dies
            stack.wait_until(lambda: steps()[-1]["state"] == "invoking", 60, "a call is under way")
            hit = int(steps()[-1]["sequence"])
            (pid,) = stack.kill("models")
            stack.wait_until(lambda: len(steps()) > hit + 6, 180, "the run goes on")
            assert f"models ({pid}) ended with signal 9" in stack.output()
            struck = client.get(f"/api/v1/invocations/{steps()[hit]['id']}").json()
            assert struck["state"] == "completed"
            return list(struck["attempts"])

        stack.wait_until(lambda: steps()[2:], 180, "it runs")
        kills = (attempts_of_struck_step() for _ in range(10))
        attempts = next((found for found in kills if len(found) > 1), [])
    assert len(attempts) == 2
    assert "model host" in str(attempts[0])
