"""Wake-ups over Unix datagrams: one socket file per listener, named after its channels."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import secrets
import socket
import stat
import tempfile
from pathlib import Path

from django.conf import settings

# The kernel takes 108 bytes for the whole path, BSDs 104; a file name of ours needs up to 45.
_MAX_FOLDER_BYTES = 58
_QUEUE_FILE = Path("/proc/sys/net/unix/max_dgram_qlen")


def notify(channel: str, payload: str) -> None:
    """Send to every socket in the folder with this `channel`. A full one is skipped: its process has
    wake-ups to read. One that refuses is removed: its process is dead."""
    message = f"{channel}\0{payload}".encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for path in _sockets_of(channel):
            try:
                sender.sendto(message, path)
            except ConnectionRefusedError:
                with contextlib.suppress(OSError):
                    Path(path).unlink()
            except (BlockingIOError, FileNotFoundError):
                continue


def _sockets_of(channel: str) -> list[str]:
    try:
        entries = os.scandir(_cached_folder(settings.RUN_DIR))
    except FileNotFoundError:  # it was removed: nobody listens
        return []
    with entries:
        return [
            entry.path
            for entry in entries
            if entry.name.endswith(".sock") and channel in entry.name.partition("-")[0].split("+")
        ]


@functools.cache  # to find it again would be half of what a wake-up costs
def _cached_folder(run_dir: Path | str) -> Path:
    return folder()


class DatagramReceiver:
    """A bound socket for some channels."""

    def __init__(self, channels: tuple[str, ...]) -> None:
        name = f"{'+'.join(channels)}-{os.getpid()}-{secrets.token_hex(3)}.sock"
        self._path = folder() / name
        self._pid = os.getpid()
        self._channels = channels
        self._queue_size = _system_queue_size()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(self._path))

    def fileno(self) -> int:
        return self._socket.fileno()

    def drain(self) -> list[tuple[str, str]]:
        wakeups: dict[tuple[str, str], None] = {}
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                channel, _, payload = self._socket.recv(65536).decode().partition("\0")
                wakeups[channel, payload] = None
                count += 1
        if count >= self._queue_size:  # it was full: some were not delivered
            wakeups.update({(channel, ""): None for channel in self._channels})
        return list(wakeups)

    def close(self) -> None:
        self._socket.close()
        if self._pid == os.getpid():  # a forked child must not remove its parent's file
            self._path.unlink(missing_ok=True)


def folder() -> Path:
    """The folder of the sockets, made if need be: in RUN_DIR, or where that path is too long, a
    private folder with a short path."""
    inside = Path(settings.RUN_DIR) / "wake"
    if len(os.fsencode(inside)) <= _MAX_FOLDER_BYTES:
        inside.mkdir(mode=0o700, parents=True, exist_ok=True)
        return inside
    digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    name = f"panic-{os.getuid()}-{digest}"
    short = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(short)) > _MAX_FOLDER_BYTES:
        short = Path("/tmp") / name  # noqa: S108 (checked below)
    short.mkdir(mode=0o700, exist_ok=True)
    _require_private(short)
    return short


def _require_private(path: Path) -> None:
    found = path.lstat()
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if not private or found.st_uid != os.getuid():
        raise PermissionError(f"{path} belongs to somebody else")


def _system_queue_size() -> int:
    try:
        return int(_QUEUE_FILE.read_text())
    except (OSError, ValueError):
        return 10
