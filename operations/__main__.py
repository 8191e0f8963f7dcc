"""A backend as a program: `python -m operations` reads one request and writes JSON lines. With arguments it is
a command for people (`operations/command.py`).

It ends with its parent. The memory it may have is limited before anything is imported that takes some.
"""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import sys
import time
from pathlib import Path
from typing import IO, Any

from lib.parent_process import end_with_parent

from . import previews, sentences
from .contract import MadeOutputs, OperationWork
from .errors import BackendFailed, NoRoom, OperationError, OutOfMemory
from .registry import load_operation
from .verification import verify_output

REPORT_SECONDS = 0.2  # between two reports of progress
FULL = {errno.ENOSPC, errno.EDQUOT}


class ProgressLines:
    """Writes how far it is, not more often than somebody could read it."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._latest = -REPORT_SECONDS
        self._phase = ""

    def report(self, progress: float, phase: str) -> None:
        now = time.monotonic()
        if phase != self._phase or now - self._latest >= REPORT_SECONDS:
            self._phase, self._latest = phase, now
            self.write({"progress": round(progress, 4), "phase": phase})

    def write(self, message: dict[str, Any]) -> None:
        self._stream.write(json.dumps(message) + "\n")
        self._stream.flush()


def main() -> None:
    end_with_parent()
    # What a library prints must not stand between our lines.
    lines = ProgressLines(os.fdopen(os.dup(1), "w"))
    os.dup2(2, 1)
    request = json.loads(sys.stdin.readline())
    os.nice(request["nice"])
    if request["memory_bytes"]:
        resource.setrlimit(resource.RLIMIT_AS, (request["memory_bytes"],) * 2)
    lines.write({"started": os.getpid()})
    try:
        made = carry_out(request, lines)
    except OperationError as error:
        lines.write({"error": error.code, "sentence": str(error)})
        sys.exit(1)
    outputs = [
        {"path": str(one.path), "kind": one.kind, "frames": one.frames} for one in made.outputs
    ]
    lines.write({"outputs": outputs, "details": {**made.details, "peak_mb": peak_megabytes()}})


def peak_megabytes() -> int | None:
    """The most memory that this process has had; None where the system does not say.

    Not `ru_maxrss`, which on Linux begins with what the parent had when it started this process."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) // 1024 if found else None


def carry_out(request: dict[str, Any], lines: ProgressLines) -> MadeOutputs:
    """The outputs, each of which was read back to its end. Raises OperationError."""
    name = request["backend"]
    try:
        operation = load_operation(request["module"])
        backend = next(one for one in operation.backends if one.name == name)
        inputs = [Path(path) for path in request["inputs"]]
        if request.get("preview"):
            previews.write_to(Path(request["preview"]))
        work = OperationWork(inputs, request["parameters"], Path(request["folder"]), lines.report)
        made = backend.make(work)
        for number, output in enumerate(made.outputs):
            lines.report(number / len(made.outputs), "verify")
            verify_output(output, name, lambda: lines.report(1.0, "verify"))
        return made
    except OperationError:
        raise
    except MemoryError as error:
        raise OutOfMemory(sentences.OUT_OF_MEMORY % {"backend": name}) from error
    except Exception as error:  # the border: whatever a library makes of it
        if isinstance(error, OSError) and error.errno in FULL:
            raise NoRoom(sentences.NO_ROOM) from error
        problem = f"{type(error).__name__}: {error}"
        raise BackendFailed(sentences.FAILED % {"backend": name, "problem": problem}) from error


if __name__ == "__main__":
    if len(sys.argv) > 1:
        from .command import run_command  # here: it reads all operations

        sys.exit(run_command(sys.argv[1:]))
    main()
