"""Parts for django-q2's cluster that the death of a process cannot jam.

The queues of `multiprocessing` are guarded by locks: a worker that is killed while it waits for work
holds one, and nobody ever gets work again. A datagram socket hands a whole message to one reader and
knows no lock; what a dead reader had taken is lost, and the row is offered again.
"""

from __future__ import annotations

import fcntl
import pickle
import socket
import struct
import termios
from contextlib import AbstractContextManager, nullcontext
from multiprocessing.sharedctypes import RawValue
from typing import Any

MAX_MESSAGE_BYTES = 150_000  # bytes; what a datagram holds everywhere


class DatagramQueue:
    """As much of `multiprocessing.Queue` as django-q2 uses; shared by forking."""

    def __init__(self, maxsize: int = 0) -> None:
        """`maxsize` is the system's own: a full queue makes the sender wait."""
        self._out, self._in = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._in.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_MESSAGE_BYTES)

    def put(self, message: Any) -> None:
        """Waits while it is full. ValueError for a message that is too large."""
        data = pickle.dumps(message)
        if len(data) > MAX_MESSAGE_BYTES:
            raise ValueError(f"a message of {len(data):,} bytes; at most {MAX_MESSAGE_BYTES:,} fit")
        self._in.send(data)

    def get(self) -> Any:
        """The next message; waits for one. What comes in was put there by our own processes."""
        return pickle.loads(self._out.recv(MAX_MESSAGE_BYTES))  # noqa: S301

    def qsize(self) -> int:
        """1 when something is waiting: more than that, nobody asks. Once closed, 0."""
        if self._out.fileno() < 0:
            return 0
        waiting = fcntl.ioctl(self._out, termios.FIONREAD, b"\0" * 4)
        return int(struct.unpack("i", waiting)[0] > 0)

    def empty(self) -> bool:
        return not self.qsize()

    def close(self) -> None:
        """This process's ends; what waits can still be read by the others."""
        self._in.close()
        self._out.close()

    def join_thread(self) -> None:
        """Nothing to wait for: what was put is with the kernel already."""


class SharedNumber:
    """A number that a worker and its guard share; without the lock that a dead worker would keep."""

    def __init__(self, kind: str, value: float) -> None:
        self._number = RawValue(kind, value)

    @property
    def value(self) -> float:
        return float(self._number.value)

    @value.setter
    def value(self, value: float) -> None:
        self._number.value = value

    def get_lock(self) -> AbstractContextManager[None]:
        return nullcontext()
