"""A server that plays the worker API, and workers: in this process, and as programs of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from panic_worker.configuration import Configuration
from panic_worker.folder import Enrolment, WorkerFolder
from panic_worker.handlers.base import Handler
from panic_worker.handlers.echo import EchoHandler
from panic_worker.program import Program, ProgramEvent, Timing
from tests.worker.farm_server import PATIENCE_SECONDS, SECRET, FarmServer

WORKER = Path(__file__).resolve().parents[2] / "worker"
QUICK = Timing(
    first_wait=0.01,
    most_wait=0.05,
    low_disk=0.01,
    preview=0.01,
    held=0.02,
    stop=60.0,
    sign_off=30.0,
)


class StartedWorker:
    """A `Program` in a thread of this process."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.program.run()
        except Exception as error:
            self.error = error

    def end(self) -> None:
        self.program.send(ProgramEvent.END)
        self.wait()

    def wait(self) -> None:
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()


class StartWorker(Protocol):
    def __call__(self, *handlers: Handler, slots: int = 1) -> StartedWorker: ...


@pytest.fixture
def farm() -> Iterator[FarmServer]:
    server = FarmServer()
    yield server
    server.close()


@pytest.fixture
def folder(tmp_path: Path, farm: FarmServer) -> WorkerFolder:
    """Of a worker that is enrolled."""
    found = WorkerFolder(tmp_path / "worker")
    found.create()
    found.save_enrolment(Enrolment(farm.url, "w1", SECRET, "attic"))
    return found


@pytest.fixture
def start(folder: WorkerFolder) -> Iterator[StartWorker]:
    """Starts a worker in this process; without handlers one that echoes. All end with the test."""
    started: list[StartedWorker] = []

    def start_one(*handlers: Handler, slots: int = 1) -> StartedWorker:
        configuration = Configuration(slots=slots, min_free_bytes=0)
        program = Program(
            folder, folder.enrolment(), handlers or (EchoHandler(),), configuration, QUICK
        )
        started.append(StartedWorker(program))
        return started[-1]

    yield start_one
    for worker in started:
        worker.end()


@pytest.fixture
def spawn(folder: WorkerFolder) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts `panic-worker run` as a program of its own."""
    running: list[subprocess.Popen[bytes]] = []
    folder.config.write_text("min_free_bytes = 0\n")

    def spawn_one() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "panic_worker", "run", "--echo", "--data"]
        command.append(str(folder.path))
        environment = {**os.environ, "PYTHONPATH": str(WORKER)}
        running.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))
        return running[-1]

    yield spawn_one
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
