"""Lines of every process, on standard output and in one rotating file."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from pathlib import Path

KEEP = 3
LARGEST = 5_000_000
LONGEST_LINE = 4000  # at most PIPE_BUF with its prefix, so that a poll for room is believed


class Output:
    """Never blocks and never raises: a stuck terminal or a full disk must not stop the show."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = self._open()
        self._poll = select.poll()
        with contextlib.suppress(OSError, ValueError):
            self._poll.register(sys.stdout.fileno(), select.POLLOUT)

    def say(self, sentence: str) -> None:
        self.line("up", sentence.encode())

    def line(self, name: str, line: bytes) -> None:
        text = b"[%s] %s\n" % (name.encode(), line[:LONGEST_LINE].rstrip())
        if any(event & select.POLLOUT for _, event in self._poll.poll(0)):
            with contextlib.suppress(OSError):
                os.write(sys.stdout.fileno(), text)
        if self._file is None:
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()).encode()
        with contextlib.suppress(OSError):
            os.write(self._file, stamp + text)
            if os.fstat(self._file).st_size > LARGEST:
                self._rotate()

    def _open(self) -> int | None:
        with contextlib.suppress(OSError):
            return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return None

    def _rotate(self) -> None:
        if self._file is not None:
            os.close(self._file)
        for number in range(KEEP - 1, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            if older.exists():
                older.replace(self._path.with_name(f"{self._path.name}.{number + 1}"))
        self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        self._file = self._open()


class Lines:
    """One child's output pipe, cut into lines."""

    def __init__(self, name: str, pipe: int, output: Output) -> None:
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
        if not data or len(self._rest) > LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            if line.strip():
                self._output.line(self.name, line)
        return bool(data)
