"""Who holds a claim, and whether that process still lives.

A worker signs on under a name and keeps a lock on a file of that name. The kernel frees the lock
the moment the process is gone, whatever killed it, so on one host nobody waits for a lease to run
out. Other hosts' workers are judged by their leases alone.

The file names the worker's parent. A worker that is dead while its parent lives has died of itself;
where both are gone, their machine or their whole cluster went down under them.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import zlib
from enum import StrEnum
from pathlib import Path
from typing import IO

from django.conf import settings


def host_name() -> str:
    """This host and data folder: two installations on one machine are two places."""
    return f"{socket.gethostname()}~{zlib.crc32(str(settings.RUN_DIR).encode()):08x}"


def register_worker() -> tuple[str, IO[bytes]]:
    """A name for this process, and the open lock file that must live as long as it does."""
    name = f"{host_name()}:{os.getpid()}:{secrets.token_hex(4)}"
    unsigned = _lock_file(name).with_suffix(".new")
    file = unsigned.open("wb")
    file.write(_parent_of_this_process())
    file.flush()
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    unsigned.rename(_lock_file(name))  # seen under its name only once it is locked
    return name, file


class WorkerState(StrEnum):
    ALIVE = "alive"  # or not known: of another host
    GONE = "gone"  # with its parent, or nobody can tell any more
    DIED_ALONE = "died_alone"  # and its parent lived to see it


def worker_state(name: str) -> WorkerState:
    """What has become of the worker that signed on as `name`."""
    if name.partition(":")[0] != host_name():
        return WorkerState.ALIVE
    path = _lock_file(name)
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            parent = file.read()
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return WorkerState.GONE
    except BlockingIOError:
        return WorkerState.ALIVE
    pid = parent.partition(b" ")[0]
    return WorkerState.DIED_ALONE if pid and parent == _identity(pid.decode()) else WorkerState.GONE


def _parent_of_this_process() -> bytes:
    return _identity(str(os.getppid()))


def _identity(pid: str) -> bytes:
    """A process that is running now, told from an earlier one of its number; empty: it is gone."""
    try:
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return b""
    return f"{pid} {started} {boot}".encode()


def remove_dead_locks() -> None:
    """Remove the lock files that dead processes left behind."""
    for path in _folder().glob("*.lock"):
        worker_state(path.stem)


def _folder() -> Path:
    folder = Path(settings.RUN_DIR) / "workers"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _lock_file(name: str) -> Path:
    return _folder() / f"{name}.lock"
