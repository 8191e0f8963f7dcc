"""The log of one attempt: lines become chunks, and a log without an end keeps its head and its tail."""

from __future__ import annotations

import threading
from collections import deque

CHUNK_BYTES = 10_240
MAX_HEAD_BYTES = 1 << 20
MAX_TAIL_BYTES = 1 << 16
MAX_PART = 100_000  # characters that are sent at once
MAX_LINE = 40_960  # characters; longer lines are split


class AttemptLog:
    """Lines from any thread; `take` gives what is due to be sent.

    The first MAX_HEAD_BYTES are sent as they come. Of what follows only the last MAX_TAIL_BYTES are
    kept, for the end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._waiting = 0  # bytes of _lines
        self._head_left = MAX_HEAD_BYTES
        self._tail: deque[str] = deque()
        self._tail_bytes = 0
        self._left_out = 0

    def add(self, text: str) -> None:
        """One line or several; what cannot be text (a lone surrogate) is replaced."""
        text = text.encode(errors="replace").decode()
        with self._lock:
            for line in text.splitlines() or [""]:
                for start in range(0, max(len(line), 1), MAX_LINE):
                    self._add_line(line[start : start + MAX_LINE] + "\n")

    @property
    def has_chunk(self) -> bool:
        """Whether enough has come together to be sent before its time."""
        return self._waiting >= CHUNK_BYTES

    def take(self, *, at_end: bool = False) -> list[str]:
        """What has not been sent yet, in parts; at the end with the tail."""
        with self._lock:
            lines, self._lines, self._waiting = self._lines, [], 0
            if at_end and self._tail:
                if self._left_out:
                    lines.append(f"[{self._left_out} bytes left out]\n")
                lines.extend(self._tail)
                self._tail.clear()
            text = "".join(lines)
            return [text[start : start + MAX_PART] for start in range(0, len(text), MAX_PART)]

    def _add_line(self, line: str) -> None:
        size = len(line.encode())
        if size <= self._head_left:
            self._head_left -= size
            self._lines.append(line)
            self._waiting += size
            return
        self._head_left = 0
        self._tail.append(line)
        self._tail_bytes += size
        while self._tail_bytes > MAX_TAIL_BYTES:
            dropped = len(self._tail.popleft().encode())
            self._tail_bytes -= dropped
            self._left_out += dropped
