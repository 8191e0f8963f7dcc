"""The model host of the product's `local_models`: a child process that keeps models in memory.

It is asked through a Unix socket: a frame is two big-endian 32-bit lengths, a JSON header and a payload.
Closing the connection cancels the call.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .connection import shut_down
from .failures import ErrorClass, WorkFailed
from .stopping import StopSignal

LENGTHS = struct.Struct("!II")
END_SECONDS = 5.0
HOST_ENDED = "The model host ended, as a rule because memory ran out. It is started again."


def is_installed() -> bool:
    """Whether `local_models` can be imported, on a system that has Unix sockets."""
    return hasattr(socket, "AF_UNIX") and find_spec("local_models") is not None


class ModelHostProcess:
    """Started at the first call, and again after it has ended."""

    def __init__(self, run_dir: Path, weights: Path) -> None:
        self._run_dir = run_dir
        self._weights = weights
        self._lock = threading.Lock()
        self.calls: set[socket.socket] = set()
        self.thread: threading.Thread | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._listener: socket.socket | None = None
        self._is_running = False
        self._is_closed = False

    def ask(self, request: Mapping[str, object], stop: StopSignal) -> tuple[dict[str, Any], bytes]:
        """The header and the payload of the reply. Raises WorkFailed and WorkStopped."""
        self._start()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as call:
            stop.on_request(lambda: shut_down(call))
            try:
                self._connect(call)
                stop.check()
                return _exchange(call, request)
            except OSError:
                stop.check()
                raise WorkFailed(ErrorClass.OUT_OF_MEMORY, HOST_ENDED) from None
            finally:
                with self._lock:
                    self.calls.discard(call)

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            process, thread = self.process, self.thread
        if process is not None and thread is not None:
            process.terminate()
            thread.join(END_SECONDS)
            if thread.is_alive():
                process.kill()
                thread.join(END_SECONDS)
        if self._listener is not None:
            self._listener.close()

    def _connect(self, call: socket.socket) -> None:
        with self._lock:
            assert self._listener is not None  # noqa: S101 (`_start` came before)
            if not self._is_running:
                raise ConnectionResetError
            call.connect(self._listener.getsockname())
            self.calls.add(call)

    def _start(self) -> None:
        with self._lock:
            if self._is_closed:
                raise WorkFailed(ErrorClass.TEMPORARY, "The worker ends.")
            if self._listener is None:
                self._run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._listener = import_module("local_models.address").open_listener(self._run_dir)
            if self._is_running:
                return
            self._is_running = True
            started = threading.Event()
            # The kernel ends the child with the thread that started it: one that waits for it.
            self.thread = threading.Thread(
                target=self._run_host, args=(self._listener, started), name="host", daemon=True
            )
            self.thread.start()
        started.wait()

    def _run_host(self, listener: socket.socket, started: threading.Event) -> None:
        package = Path(str(import_module("local_models").__file__)).parent.parent
        command = [sys.executable, "-m", "local_models", "--run-dir", str(self._run_dir)]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(package), os.environ.get("PYTHONPATH", ""))),
            "PANIC_LISTEN_FD": str(listener.fileno()),
        }
        try:
            process = subprocess.Popen(  # noqa: S603 (our own interpreter)
                [*command, "--weights-dir", str(self._weights), "--log-level", "WARNING"],
                env=environment,
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
            )
            self.process = process
            started.set()
            process.wait()
        finally:
            started.set()
            with self._lock:  # nobody answers those any more
                self._is_running = False
                for call in self.calls:
                    shut_down(call)


def _exchange(call: socket.socket, request: Mapping[str, object]) -> tuple[dict[str, Any], bytes]:
    header = json.dumps(request, separators=(",", ":")).encode()
    call.sendall(LENGTHS.pack(len(header), 0) + header)
    header_size, payload_size = LENGTHS.unpack(_read_exactly(call, LENGTHS.size))
    reply = json.loads(_read_exactly(call, header_size))
    return reply, _read_exactly(call, payload_size)


def _read_exactly(call: socket.socket, size: int) -> bytes:
    pieces = []
    while size:
        piece = call.recv(min(size, 1 << 20))
        if not piece:
            raise ConnectionResetError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
