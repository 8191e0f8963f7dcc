"""The model host as the process that a supervisor starts."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_models.address import open_listener
from platforms.errors import Unavailable

from .conftest import CHECKOUT, ask, call_of

STUB = """
    import asyncio, os, sys, time
    from local_models.address import inherited_listener
    from local_models.host import ModelHost
    from local_models.protocol import HostReply

    def make(request):
        open(sys.argv[2], "w").close()
        if request.text == "wait":
            time.sleep(30)
        return HostReply(text=str(os.getpid()))

    host = ModelHost(thread_of_model=lambda model: model, load=lambda model: make)
    asyncio.run(host.serve(inherited_listener(sys.argv[1])))
"""


@pytest.fixture
def listener(run_dir: Path) -> Iterator[int]:
    with open_listener(run_dir) as socket:
        socket.set_inheritable(True)
        yield socket.fileno()


def start_stub(listener: int, sign: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", textwrap.dedent(STUB), str(listener), str(sign)]
    return subprocess.Popen(command, pass_fds=[listener], cwd=CHECKOUT)


@pytest.mark.asyncio
async def test_a_host_that_is_killed_in_a_call_makes_it_unavailable_and_the_next_host_answers(
    listener: int, tmp_path: Path
) -> None:
    sign = tmp_path / "called"
    first = start_stub(listener, sign)
    asking = asyncio.create_task(ask(call_of("local:painter", "wait")))
    while not sign.exists():
        assert not asking.done()
        await asyncio.sleep(0.01)

    first.kill()
    with pytest.raises(Unavailable, match="being restarted"):
        await asking
    first.wait()
    second = start_stub(listener, sign)
    output = await ask(call_of("local:painter", "go"))
    second.kill()
    second.wait()

    assert output.text == str(second.pid)


@pytest.mark.asyncio
async def test_the_command_serves_a_socket_it_inherits_and_leaves_politely(listener: int) -> None:
    environment = {**os.environ, "PANIC_LISTEN_FD": str(listener)}
    command = [sys.executable, "manage.py", "modelhost"]
    with subprocess.Popen(command, pass_fds=[listener], cwd=CHECKOUT, env=environment) as host:
        try:
            output = await ask(call_of("local:painter", "a knock at the door"))
        finally:
            host.send_signal(signal.SIGTERM)
        status = await asyncio.to_thread(host.wait, 20)

    assert output.data
    assert output.data[8:12] == b"WEBP"
    assert status == 0


def test_importing_the_adapter_imports_nothing_heavy() -> None:
    script = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'panic.settings';"
        "django.setup(); import platforms.adapters.local;"
        "print([name for name in ('numpy', 'PIL', 'av', 'xllamacpp') if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_the_host_needs_no_django() -> None:
    script = "import sys, local_models.__main__; print('django' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"
