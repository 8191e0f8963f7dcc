"""Who holds a claim, and whether that process still lives.

A worker signs on under a name and keeps a lock on a file of that name. The kernel frees the lock
the moment the process is gone, whatever killed it, so on one host nobody waits for a lease to run
out. Other hosts' workers are judged by their leases alone.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import zlib
from pathlib import Path
from typing import IO

from django.conf import settings


def here() -> str:
    """This host and data folder: two installations on one machine are two places."""
    return f"{socket.gethostname()}~{zlib.crc32(str(settings.RUN_DIR).encode()):08x}"


def sign_on() -> tuple[str, IO[bytes]]:
    """A name for this process, and the open lock file that must live as long as it does."""
    name = f"{here()}:{os.getpid()}:{secrets.token_hex(4)}"
    unsigned = _lock_file(name).with_suffix(".new")
    file = unsigned.open("wb")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    unsigned.rename(_lock_file(name))  # seen under its name only once it is locked
    return name, file


def is_dead(name: str) -> bool:
    """True when `name` signed on here and its process is certainly gone."""
    if name.partition(":")[0] != here():
        return False
    path = _lock_file(name)
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def forget_dead() -> None:
    """Remove the lock files that dead processes left behind."""
    for path in _folder().glob("*.lock"):
        is_dead(path.stem)


def _folder() -> Path:
    folder = Path(settings.RUN_DIR) / "workers"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _lock_file(name: str) -> Path:
    return _folder() / f"{name}.lock"
