"""Lines of every process, on standard output and in one rotating file."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import sys
import time
from pathlib import Path

MAX_OLD_FILES = 3
MAX_FILE_BYTES = 5_000_000
MAX_LINE_BYTES = 4000  # at most PIPE_BUF with its prefix, so that a poll for room is believed
OWN_TIME = re.compile(
    rb"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} "
)  # at the start of a child's log line


def json_line(name: str, line: bytes) -> bytes:
    """What a process said as one object: its own, or what it said as the `message` of one."""
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        time_of_line = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        text = line[: MAX_LINE_BYTES // 2].rstrip().decode(errors="replace")
        said = {"time": time_of_line, "message": text}
    return json.dumps({"process": name, **said}, ensure_ascii=False).encode() + b"\n"


class LogOutput:
    """Never blocks and never raises: a stuck terminal or a full disk must not stop the supervisor."""

    def __init__(self, path: Path, *, as_json: bool = False) -> None:
        self._path = path
        self._as_json = as_json
        self._file = self._open()
        self._poll = select.poll()
        with contextlib.suppress(OSError, ValueError):
            self._poll.register(sys.stdout.fileno(), select.POLLOUT)

    def say(self, sentence: str) -> None:
        self.line("up", sentence.encode())

    def line(self, name: str, line: bytes) -> None:
        if self._as_json:
            text = stored = json_line(name, line)
        else:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()).encode()
            text = b"[%s] %s\n" % (name.encode(), line[:MAX_LINE_BYTES].rstrip())
            own = OWN_TIME.sub(b"", line[:MAX_LINE_BYTES], 1).rstrip()
            stored = stamp + b"[%s] %s\n" % (name.encode(), own)
        if any(event & select.POLLOUT for _, event in self._poll.poll(0)):
            with contextlib.suppress(OSError):
                os.write(sys.stdout.fileno(), text)
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            os.write(self._file, stored)
            if os.fstat(self._file).st_size > MAX_FILE_BYTES:
                self._rotate()

    def _open(self) -> int | None:
        with contextlib.suppress(OSError):
            return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return None

    def _rotate(self) -> None:
        if self._file is not None:
            os.close(self._file)
        for number in range(MAX_OLD_FILES - 1, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            if older.exists():
                older.replace(self._path.with_name(f"{self._path.name}.{number + 1}"))
        self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        self._file = self._open()


class Lines:
    """One child's output pipe, cut into lines."""

    def __init__(self, name: str, pipe: int, output: LogOutput) -> None:
        self.name = name
        self.pipe = pipe
        self._output = output
        self._rest = b""
        os.set_blocking(pipe, False)

    def read(self) -> bool:
        """Pass on what is there; False when the other side has closed."""
        try:
            data = os.read(self.pipe, 65536)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if not data or len(self._rest) > MAX_LINE_BYTES:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            if line.strip():
                self._output.line(self.name, line)
        return bool(data)
