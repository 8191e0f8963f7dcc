"""One backend at work in a process of its own, seen from the process that started it.

The child is `python -m operations`: a request on its standard input, a JSON object in each line of its
output. It is nice and has one thread; it is ended where it says nothing for too long, where nobody wants
its result any more, and by the kernel when this process ends.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from . import sentences
from .contract import MadeOutputs, Operation, OperationOutput, OperationWork
from .errors import (
    ERRORS,
    BackendFailed,
    BackendStalled,
    OperationCancelled,
    OperationError,
    OutOfMemory,
)
from .silence import SilenceWatch

TICK_SECONDS = 0.1  # how soon a cancellation is seen
PIECE = 1 << 16
GIGA = 1 << 30
PACKAGE_PARENT = Path(__file__).resolve().parent.parent
# More threads than one spin against each other, and against the ring that lives beside them.
CHILD_ENVIRONMENT = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
) | {
    "ORT_DISABLE_TELEMETRY": "1"
}  # onnxruntime reports to its maker unless this is set before its import


@dataclass(frozen=True, slots=True)
class OperationLimits:
    """What one backend may take. `seconds` 0 is no limit; `memory_bytes` is of address space."""

    stall_seconds: float = 120.0
    seconds: float = 0.0
    memory_bytes: int = 4 * GIGA
    nice: int = 19


def run_backend(
    operation: Operation,
    backend: str,
    work: OperationWork,
    cancelled: Callable[[], bool],
    limits: OperationLimits,
) -> MadeOutputs:
    """Raises an OperationError, and has ended the child in any case."""
    request = {
        "module": operation.module,
        "backend": backend,
        "inputs": [str(path) for path in work.inputs],
        "parameters": dict(work.parameters),
        "folder": str(work.folder),
        "memory_bytes": limits.memory_bytes,
        "nice": limits.nice,
        "preview": str(work.preview or ""),
    }
    with _started(request) as (process, complaints):
        last: dict[str, Any] = {}
        for message in _messages(process, backend, cancelled, limits):
            last = message
            if "progress" in message:
                work.report(float(message["progress"]), str(message["phase"]))
        status = process.wait()
        if "outputs" in last and status == 0:
            return _made(last)
        raise _error(last, status, backend, _tail(complaints))


@contextmanager
def _started(request: dict[str, Any]) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    paths = [str(PACKAGE_PARENT), *filter(None, sys.path)]
    environment = os.environ | CHILD_ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(paths)}
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", "operations"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=environment,
        )
        try:
            if process.stdin is not None:
                try:
                    process.stdin.write(json.dumps(request).encode() + b"\n")
                    process.stdin.close()
                except BrokenPipeError:  # it ended at once: its status says why
                    process.stdin = None
            yield process, complaints
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _messages(
    process: subprocess.Popen[bytes],
    backend: str,
    cancelled: Callable[[], bool],
    limits: OperationLimits,
) -> Iterator[dict[str, Any]]:
    """What the child says, until it closes its output."""
    assert process.stdout is not None  # noqa: S101 (for mypy: it was opened as a pipe)
    begun = time.monotonic()
    silence = SilenceWatch(process.pid, limits.stall_seconds, begun)
    unfinished = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if cancelled():
                raise OperationCancelled(sentences.CANCELLED)
            if selector.select(TICK_SECONDS):
                piece = os.read(process.stdout.fileno(), PIECE)
                if not piece:
                    return
                silence.hear(time.monotonic())
                *lines, unfinished = (unfinished + piece).split(b"\n")
                yield from map(json.loads, lines)
            _check_time(time.monotonic(), begun, silence, backend, limits)


def _check_time(
    now: float, begun: float, silence: SilenceWatch, backend: str, limits: OperationLimits
) -> None:
    if silence.is_stalled(now):
        words = {"backend": backend, "seconds": f"{limits.stall_seconds:g}"}
        raise BackendStalled(sentences.STALLED % words)
    if limits.seconds and now - begun > limits.seconds:
        words = {"backend": backend, "seconds": f"{limits.seconds:g}"}
        raise BackendStalled(sentences.TOO_SLOW % words)


def _made(message: dict[str, Any]) -> MadeOutputs:
    outputs = [
        OperationOutput(Path(one["path"]), one["kind"], one["frames"]) for one in message["outputs"]
    ]
    return MadeOutputs(outputs, message["details"])


def _error(last: dict[str, Any], status: int, backend: str, complaint: str) -> OperationError:
    if "error" in last:
        return ERRORS.get(last["error"], BackendFailed)(last["sentence"])
    if status == -signal.SIGKILL:  # not by us: the kernel does so when memory is short
        return OutOfMemory(sentences.OUT_OF_MEMORY % {"backend": backend})
    said = signal.Signals(-status).name if status < 0 else f"status {status}"
    words = {"backend": backend, "status": f"{said}: {complaint}" if complaint else said}
    return BackendFailed(sentences.ENDED % words)


def _tail(complaints: IO[bytes]) -> str:
    """The last line that it wrote where errors go."""
    complaints.seek(0, os.SEEK_END)
    complaints.seek(max(0, complaints.tell() - 2_000))
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip()[:300] if lines else ""
