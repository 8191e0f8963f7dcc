"""Private folders, databases and a Redis for measures; all are removed afterwards."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import redis

from tests.stack import ROOT, Stack, free_port

from .engines import Engine
from .in_process.client import InProcessClient
from .rows import NotMeasured
from .sockets import SocketLoop

TERMINATE_SECONDS = 5.0  # seconds until a process is killed
PREPARE_SECONDS = 600.0  # seconds; fonts are subset, static files are hashed and compressed


def data_dir() -> Path:
    """The data folder of this checkout, where results are kept."""
    named = os.environ.get("PANIC_DATA_DIR", "").strip()
    return (Path(named).expanduser() if named else ROOT / "var").resolve()


def print_progress(text: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


class PreparedStack:
    """A private stack, prepared but not started."""

    def __init__(self, stack: Stack, closing: contextlib.ExitStack) -> None:
        self.stack = stack
        self._closing = closing

    def in_process(self, **environment: str) -> InProcessClient:
        """A process in which this stack's own code can be called."""
        settings = {"DJANGO_SETTINGS_MODULE": "panic.settings"}
        variables = {**self.stack.environment, **settings, **environment}
        return self._closing.enter_context(InProcessClient(variables))

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a Python program in this stack; it is ended with the measure."""
        log = self._closing.enter_context((self.stack.data_dir / "bench.log").open("ab"))
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**self.stack.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._closing.callback(terminate, process)
        return process

    def log(self) -> str:
        """The end of the log of those programs."""
        return (self.stack.data_dir / "bench.log").read_text(errors="replace")[-4000:]


class Environment:
    """Makes contexts: `with environment.open() as context: context.prepare_stack(...)`."""

    def __init__(self, root: Path, temporary: Path, closing: contextlib.ExitStack) -> None:
        self._root = root
        self._temporary = temporary
        self._closing = closing
        self._template = root / "prepared"
        self._template_database = ""
        self._numbers = itertools.count(1)

    @classmethod
    @contextlib.contextmanager
    def create(cls) -> Iterator[Environment]:
        """In the data folder, where commits reach a real disk; with a temporary folder, as the
        product puts its sockets there when their path would be too long."""
        bench = data_dir() / "bench"
        bench.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix="tmp-", dir=bench) as folder,
            tempfile.TemporaryDirectory(prefix="panic-bench-") as temporary,
            contextlib.ExitStack() as closing,
        ):
            yield cls(Path(folder), Path(temporary), closing)

    @contextlib.contextmanager
    def open(self) -> Iterator[Context]:
        with contextlib.ExitStack() as closing:
            yield Context(self, closing)

    def prepare_stack(
        self, engine: Engine, workers: int, closing: contextlib.ExitStack
    ) -> PreparedStack:
        """A copy of a prepared folder and database, as migrations take longer than most measures."""
        if not self._template.exists():
            self._prepare()
        if engine.server and not self._template_database:
            self._prepare_database(engine)
        name = self._new_name()
        closing.callback(engine.forget, name)
        stack = Stack(self._root / name, workers=workers, TMPDIR=str(self._temporary))
        stack.environment.update(engine.environment(name, self._template_database))
        closing.callback(shutil.rmtree, stack.data_dir, ignore_errors=True)
        closing.callback(stack.destroy)
        stack.prepare(self._template)
        return PreparedStack(stack, closing)

    def _new_name(self) -> str:
        return f"panic_bench_{os.getpid()}_{next(self._numbers)}"

    def _prepare(self) -> None:
        self._template.mkdir(parents=True)
        with contextlib.suppress(FileNotFoundError):  # the fonts of this checkout, if it has them
            shutil.copytree(data_dir() / "fonts", self._template / "fonts")
        Stack(self._template).manage("prepare", "--without-weights", timeout=PREPARE_SECONDS)

    def _prepare_database(self, engine: Engine) -> None:
        name = self._new_name()
        self._closing.callback(engine.forget, name)
        stack = Stack(self._template)
        stack.environment.update(engine.environment(name))
        stack.manage("prepare", "--without-weights", timeout=PREPARE_SECONDS)
        self._template_database = name


class Context:
    """What one measure uses; `closing` ends it after the measure."""

    def __init__(self, environment: Environment, closing: contextlib.ExitStack) -> None:
        self._workshop = environment
        self.closing = closing

    def prepare_stack(self, engine: Engine, *, workers: int = 2) -> PreparedStack:
        return self._workshop.prepare_stack(engine, workers, self.closing)

    def socket_loop(self) -> SocketLoop:
        return self.closing.enter_context(SocketLoop())

    def redis(self) -> str:
        """The address of a Redis: REDIS_URL, or a private one that keeps nothing on disk."""
        if given := os.environ.get("REDIS_URL", ""):
            return given
        program = shutil.which("redis-server")
        if program is None:
            raise NotMeasured("there is no redis-server on this machine, and no REDIS_URL")
        port = free_port()
        keep_nothing = ["--save", "", "--appendonly", "no"]
        process = subprocess.Popen(
            [program, "--port", str(port), "--bind", "127.0.0.1", *keep_nothing],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.closing.callback(terminate, process)
        address = f"redis://127.0.0.1:{port}/0"
        wait_for_redis(address)
        return address


def wait_for_redis(address: str) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(address) as client:
            client.ping()
            return
        time.sleep(0.05)
    raise NotMeasured("the private redis-server did not answer")


def terminate(process: subprocess.Popen[bytes]) -> None:
    """Terminate a program, and kill it if it does not end."""
    process.terminate()
    try:
        process.wait(TERMINATE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
