"""A whole installation of its own for a test: `manage.py up` on a free port and an empty folder.

    def test_something(stack: Stack) -> None:
        stack.start()
        stack.kill("worker")
        stack.wait_until(lambda: ..., 20, "the run goes on")

Whatever happens, nothing it started outlives the test.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
MANAGE = str(ROOT / "manage.py")
ROLES = {
    "up": f"{MANAGE} up",
    "web": "-m panic.daphne",
    "models": "-m local_models",
    "streams": f"{MANAGE} streamhost",
    "encoder": "-m streams.encoder",
    "push": "-m streams.push",
}


def documented_settings() -> list[str]:
    """The names of all settings, in the order of docs/configuration.md."""
    text = (ROOT / "docs/configuration.md").read_text()
    cells = re.findall(r"^\| (`[A-Z][A-Z0-9_]+`[^|]*)\|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", cell)]


SERVICES = ("DATABASE_URL", "REDIS_URL", "WAKEUP")
OF_TESTS = ("PANIC_DATA_DIR", "SECRET_KEY", "SQLITE_SYNCHRONOUS")  # tests have values of their own
# What a developer's environment or `.env` may hold, and no test is to use
NOT_INHERITED = tuple(name for name in documented_settings() if name not in (*SERVICES, *OF_TESTS))


class Stack:
    """Start it, talk to it, kill parts of it."""

    def __init__(self, data_dir: Path, *, workers: int = 2, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.workers = workers
        self.process: subprocess.Popen[bytes] | None = None
        self.log = data_dir / "up.log"
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "HOME", "LANG", "TMPDIR"} or name.startswith("LC_")
        }
        self.environment = {
            **dict.fromkeys(documented_settings(), ""),
            **inherited,
            "PANIC_DATA_DIR": str(data_dir),
            "PANIC_PORT": str(self.port),
            "DEBUG": "no",
            **environment,
        }

    # Starting and stopping

    def prepare(self, template: Path | None = None) -> None:
        """Give it a migrated database: a copy of `template`'s where there is one."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if template is not None:
            shutil.copytree(template, self.data_dir, dirs_exist_ok=True)
        else:
            self.manage("prepare", "--without-weights", timeout=500)

    def start(self, *, ready: bool = True, timeout: float = 180.0) -> None:
        """Run `manage.py up`; with `ready`, come back when `/readyz` says 200."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, MANAGE, "up", *self.arguments()],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        path = "/readyz" if ready else "/healthz"
        self.wait_until(lambda: self._answers(path), timeout, f"{path} says 200")

    def arguments(self) -> list[str]:
        return ["--host", "127.0.0.1", "--port", str(self.port), "--workers", str(self.workers)]

    def stop(self, number: int = signal.SIGTERM, timeout: float = 60.0) -> tuple[int, float]:
        """Ask it to end; returns its exit status and how many seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(timeout), time.monotonic() - began

    def destroy(self) -> None:
        """Kill everything that uses this data folder, whoever its parent is by now."""
        for _ in range(5):
            if not (left := self.everything()):
                break
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, timeout=5)
        if self.process is not None:
            self.process.wait(5)

    def wait_until_gone(self) -> None:
        """Nothing of it runs: what was killed last is gone a moment after its supervisor."""
        self.wait_until(lambda: not self.everything(), 10, "nothing is left")

    # Talking to it

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def manage(self, *arguments: str, timeout: float = 300.0) -> str:
        """Run a management command in this installation; returns what it printed."""
        result = self._run(arguments, timeout)
        assert result.returncode == 0, f"{arguments}: {result.stdout}{result.stderr}"
        return result.stdout

    def refusal(self, *arguments: str, timeout: float = 300.0) -> str:
        """Run a management command that refuses; returns what it says instead of a traceback."""
        result = self._run(arguments, timeout)
        assert result.returncode == 1, f"{arguments}: {result.stdout}{result.stderr}"
        assert "Traceback" not in result.stderr, result.stderr
        return result.stderr

    def _run(self, arguments: tuple[str, ...], timeout: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, MANAGE, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def seed(self) -> None:
        """The demo networks and their installation; they belong to the first admin."""
        self.manage("seed_demo")

    def token(self, email: str = "ada@example.org", *, admin: bool = False) -> str:
        """A bearer token of a user who is created if need be."""
        flags = ["--admin"] if admin else []
        return self.manage("create_api_token", email, *flags).splitlines()[-1]

    def client(self, token: str = "") -> httpx.Client:
        """A client of the REST API: `stack.client(token).get("/api/v1/models")`."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.base_url, headers=headers, timeout=60.0)

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    # Its processes

    def everything(self) -> list[psutil.Process]:
        """Every process of this installation, orphans included."""
        wanted = str(self.data_dir)
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("PANIC_DATA_DIR") == wanted and _lives(process):
                    found.append(process)
        return found

    def processes(self, role: str) -> list[psutil.Process]:
        """`up`, `web`, `models`, `streams` (their host), `encoder`, `push`, `queue` (the cluster's head) or
        `worker` (all below it)."""
        everything = self.everything()
        if role in ROLES:
            return [p for p in everything if ROLES[role] in _command(p)]
        queue = [p for p in everything if "qcluster" in _command(p)]
        numbers = {p.pid for p in queue}
        heads = [p for p in queue if _parent(p) not in numbers]
        return heads if role == "queue" else [p for p in queue if p not in heads]

    def kill(self, role: str, number: int = signal.SIGKILL) -> list[int]:
        """Send a signal to every process of a role; returns their numbers."""
        processes = self.processes(role)
        assert processes, f"there is no {role} to kill:\n{self.output()}"
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
        return [process.pid for process in processes]

    def memory(self) -> int:
        """Bytes of the whole tree, shared pages divided among their users (PSS)."""
        return sum(p.memory_full_info().pss for p in self.everything())

    def cpu_seconds(self) -> float:
        return sum(sum(p.cpu_times()[:2]) for p in self.everything())

    def wait_until(self, condition: Callable[[], Any], timeout: float, what: str) -> Any:
        """Poll until `condition()` is true and return it; fail with the log otherwise."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            if value := condition():
                return value
            time.sleep(0.05)
        raise AssertionError(f"not within {timeout:.0f} s: {what}\n{self.output()[-6000:]}")

    def _answers(self, path: str) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"`up` has ended:\n{self.output()}"
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.base_url}{path}", timeout=5.0).status_code == 200
        return False


_held: list[socket.socket] = []


def free_port() -> int:
    """A port of the loopback for a server that is yet to be started, and maybe started again.

    Where the kernel allows it (Linux), the port stays bound here, without anybody listening: it is
    given to nobody else until this process ends, and a server that asks for it by its number gets
    it, if it sets SO_REUSEADDR as servers do.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    port = int(holder.getsockname()[1])
    if sys.platform == "linux":
        _held.append(holder)
    else:
        holder.close()
    return port


def _lives(process: psutil.Process) -> bool:
    return bool(process.status() != psutil.STATUS_ZOMBIE)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _parent(process: psutil.Process) -> int:
    try:
        return int(process.ppid())
    except psutil.Error:
        return 0
