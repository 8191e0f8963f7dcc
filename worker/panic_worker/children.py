"""Runs a program of the operator's: in a process group of its own, with limits, line by line.

Whatever the program leaves running in its group is ended with it.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from .stopping import StopSignal

LAUNCHER = Path(__file__).with_name("launcher.py")
GRACE_SECONDS = 5.0  # between SIGTERM and SIGKILL
DRAIN_SECONDS = 1.0  # for output that a process outside the group may hold open
PIECE = 1 << 16
MAX_PENDING = 1 << 16  # bytes without the end of a line
TAIL_LINES = 40
LINE_END = re.compile(rb"[\r\n]+")


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """0 is none. `memory_bytes` is of address space, where the system can limit it."""

    seconds: float = 0.0
    memory_bytes: int = 0
    file_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ChildEnd:
    """How it ended. `signal` is 0 unless one ended it; `tail` is the end of what it wrote."""

    status: int
    signal: int
    is_late: bool
    tail: str


@dataclass(frozen=True, slots=True)
class ChildProgram:
    """What to run. `stdin` and `stdout` are paths of files; without `stdout` its output is logged."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: Path | None = None
    stdout: Path | None = None
    limits: ChildLimits = ChildLimits()


def run_child(
    program: ChildProgram, on_line: Callable[[str], object], stop: StopSignal
) -> ChildEnd:
    """Until it ends, is stopped or takes too long. Raises OSError where it cannot be started."""
    process = _start(program)
    reader = _LineReader(process, on_line)
    ended, changed = threading.Event(), threading.Event()
    stop.on_request(changed.set)
    waiter = threading.Thread(
        target=_wait_for_end, args=(process, ended, changed), name="child", daemon=True
    )
    waiter.start()
    changed.wait(program.limits.seconds or None)
    is_late = not ended.is_set() and not stop.is_requested
    if not ended.is_set():
        _end_group(process, ended)
    _kill_group(process)
    waiter.join()
    status = process.wait()
    tail = reader.finish()
    return ChildEnd(max(status, 0), max(-status, 0), is_late, tail)


def _start(program: ChildProgram) -> subprocess.Popen[bytes]:
    limits = program.limits
    command = list(program.command)
    options: dict[str, object] = {}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER)]
        command = [*launcher, str(limits.memory_bytes), str(limits.file_bytes), *command]
        options["start_new_session"] = True
    with _opened(program.stdin, "rb") as stdin, _opened(program.stdout, "wb") as stdout:
        process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 (the operator's own)
            command,
            cwd=program.folder,
            env={**os.environ, **program.environment},
            stdin=stdin,
            stdout=stdout if program.stdout else subprocess.PIPE,
            stderr=subprocess.PIPE if program.stdout else subprocess.STDOUT,
            **options,  # type: ignore[call-overload]
        )
    return process


def _opened(path: Path | None, mode: str) -> BinaryIO:
    return open(path or os.devnull, mode)  # type: ignore[return-value]  # noqa: PTH123


def _wait_for_end(
    process: subprocess.Popen[bytes], ended: threading.Event, changed: threading.Event
) -> None:
    """Without reaping it: its process id, and so its group's, stays its own until then."""
    if sys.platform == "win32":
        process.wait()
    else:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    ended.set()
    changed.set()


def _end_group(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    if sys.platform == "win32":
        process.terminate()
    else:
        _signal_group(process, signal.SIGTERM)
    if not ended.wait(GRACE_SECONDS):
        _kill_group(process)
        ended.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        if process.poll() is None:
            process.kill()
    else:
        _signal_group(process, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    if sys.platform != "win32":
        # macOS refuses to send anything to a process that has ended.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


class _LineReader:
    """Reads the one pipe of a child in a thread; progress bars end their lines with a return."""

    def __init__(self, process: subprocess.Popen[bytes], on_line: Callable[[str], object]) -> None:
        pipe = process.stdout or process.stderr
        assert pipe is not None  # noqa: S101 (`_start` opens one of them)
        self._pipe = pipe
        self._on_line = on_line
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._thread = threading.Thread(target=self._read, name="output", daemon=True)
        self._thread.start()

    def finish(self) -> str:
        """The last lines, once everything was read."""
        self._thread.join(DRAIN_SECONDS)
        if not self._thread.is_alive():
            self._pipe.close()
        return "\n".join(self._tail)

    def _read(self) -> None:
        pending = b""
        while piece := os.read(self._pipe.fileno(), PIECE):
            *lines, pending = LINE_END.split(pending + piece)
            if len(pending) > MAX_PENDING:
                lines, pending = [*lines, pending], b""
            for line in lines:
                self._take(line)
        self._take(pending)

    def _take(self, line: bytes) -> None:
        if text := line.decode(errors="replace").rstrip():
            self._tail.append(text)
            self._on_line(text)
