"""Keeps every core busy with a local model, run as `manage.py up` runs it."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from local_models.address import host_socket
from local_models.protocol import HostRequest, read_frame, write_frame
from panic.supervisor.children import MODEL_NICENESS
from tests.stack import ROOT

from .environment import terminate
from .processor_time import ProcessorTime, fixed
from .rows import NotMeasured

MODEL = "local:painter"  # needs no weights
START_SECONDS = 60.0


class BusyCores:
    """`with BusyCores() as busy: …`: a model host for each core, asked for one picture after another."""

    def __init__(self, cores: int = 0) -> None:
        self._wanted = cores or os.cpu_count() or 1
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        self.folder = Path(tempfile.mkdtemp(prefix="panic-busy-"))

    def __enter__(self) -> BusyCores:
        try:
            for number in range(self._wanted):
                self._start(self.folder / str(number))
        except BaseException:
            self.__exit__()
            raise
        self._cpu = ProcessorTime(fixed(process.pid for process in self.processes))
        self._began, self._before = time.monotonic(), self._cpu.seconds()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for process in self.processes:
            terminate(process)
        for thread in self._threads:
            thread.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def cores(self) -> float:
        """How many cores the model has had since the start."""
        return (self._cpu.seconds() - self._before) / (time.monotonic() - self._began)

    def _start(self, run_dir: Path) -> None:
        run_dir.mkdir()
        command = ["nice", "-n", str(MODEL_NICENESS), sys.executable, "-m", "local_models"]
        process = subprocess.Popen(
            [*command, "--run-dir", str(run_dir), "--weights-dir", str(run_dir)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.processes.append(process)
        address = host_socket(run_dir)
        until = time.monotonic() + START_SECONDS
        while not address.exists():
            if time.monotonic() > until or process.poll() is not None:
                raise NotMeasured("a model host did not start")
            time.sleep(0.05)
        painted = threading.Event()
        thread = threading.Thread(target=asyncio.run, args=(self._ask(address, painted),))
        self._threads.append(thread)
        thread.start()
        if not painted.wait(START_SECONDS):
            raise NotMeasured("a model host did not answer")

    async def _ask(self, address: Path, painted: threading.Event) -> None:
        """One picture after another, until the host ends."""
        number = 0
        while not self._ended.is_set():
            number += 1
            request = HostRequest(model=MODEL, text=f"A lighthouse, {number}.", key=str(number))
            try:
                await _paint(address, request)
            except (OSError, asyncio.IncompleteReadError):
                return
            painted.set()


async def _paint(address: Path, request: HostRequest) -> None:
    reader, writer = await asyncio.open_unix_connection(address)
    try:
        await write_frame(writer, request.header(), b"")
        await read_frame(reader)
    finally:
        writer.close()
