"""Where measuring is done: private folders, databases and a Redis, all of them gone afterwards."""

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

from .audience import Hall
from .engines import Engine
from .inside.client import Inside
from .rows import NotMeasured

PRESSED = 5.0  # seconds a process gets to end by itself
PREPARED = 600.0  # seconds; fonts are subset, static files are hashed and compressed


def data_dir() -> Path:
    """The data folder of this checkout, where results are kept."""
    named = os.environ.get("PANIC_DATA_DIR", "").strip()
    return (Path(named).expanduser() if named else ROOT / "var").resolve()


def tell(text: str) -> None:
    """Progress, beside the table."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


class Place:
    """An installation of its own, prepared but not started."""

    def __init__(self, stack: Stack, closing: contextlib.ExitStack) -> None:
        self.stack = stack
        self._closing = closing

    def inside(self, **environment: str) -> Inside:
        """A process in which this installation's own code can be called."""
        settings = {"DJANGO_SETTINGS_MODULE": "panic.settings"}
        variables = {**self.stack.environment, **settings, **environment}
        return self._closing.enter_context(Inside(variables))

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """A Python program in this installation; it is ended with the measure."""
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
        self._closing.callback(end, process)
        return process

    def log(self) -> str:
        """The last words of what was started."""
        return (self.stack.data_dir / "bench.log").read_text(errors="replace")[-4000:]


class Workshop:
    """Makes places on demand; `with workshop.open() as room: room.place(...)`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._template = root / "prepared"
        self._numbers = itertools.count(1)

    @classmethod
    @contextlib.contextmanager
    def opened(cls) -> Iterator[Workshop]:
        """In the data folder: there is room there, and a commit reaches a real disk."""
        bench = data_dir() / "bench"
        bench.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="tmp-", dir=bench) as folder:
            yield cls(Path(folder))

    @contextlib.contextmanager
    def open(self) -> Iterator[Room]:
        with contextlib.ExitStack() as closing:
            yield Room(self, closing)

    def make(self, engine: Engine, workers: int, closing: contextlib.ExitStack) -> Place:
        """Copied from a prepared folder: migrations take longer than most measures."""
        if not self._template.exists():
            self._prepare()
        name = f"panic_bench_{os.getpid()}_{next(self._numbers)}"
        closing.callback(engine.forget, name)
        stack = Stack(self._root / name, workers=workers, **engine.environment(name))
        closing.callback(shutil.rmtree, stack.data_dir, ignore_errors=True)
        closing.callback(stack.destroy)
        stack.prepare(self._template)
        if engine.server:  # the copy brought files, but this database is empty
            stack.manage("prepare", "--without-weights", timeout=PREPARED)
        return Place(stack, closing)

    def _prepare(self) -> None:
        self._template.mkdir(parents=True)
        with contextlib.suppress(FileNotFoundError):  # the fonts of this checkout, if it has them
            shutil.copytree(data_dir() / "fonts", self._template / "fonts")
        Stack(self._template).manage("prepare", "--without-weights", timeout=PREPARED)


class Room:
    """What one measure uses, and what is taken down after it."""

    def __init__(self, workshop: Workshop, closing: contextlib.ExitStack) -> None:
        self._workshop = workshop
        self.closing = closing

    def place(self, engine: Engine, *, workers: int = 2) -> Place:
        return self._workshop.make(engine, workers, self.closing)

    def hall(self) -> Hall:
        return self.closing.enter_context(Hall())

    def redis(self) -> str:
        """A Redis: the one of REDIS_URL, or one of our own that keeps nothing on disk."""
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
        self.closing.callback(end, process)
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


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a program to end, and see to it that it does."""
    process.terminate()
    try:
        process.wait(PRESSED)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
