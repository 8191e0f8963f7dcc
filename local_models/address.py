"""Where the model host listens."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import tempfile
from pathlib import Path

MAX_SOCKET_PATH = 100  # bytes; the kernel takes 107 on Linux and 103 on macOS
BACKLOG = 256
NAME = "modelhost.sock"


def host_socket(run_dir: Path, name: str = NAME) -> Path:
    """The host's socket: in `run_dir`, or in a private folder where that path is too long. `name`: of
    another host that is started the same way."""
    path = run_dir / name
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    folder = f"panic-{os.getuid()}-{digest}"
    base = Path(tempfile.gettempdir())
    if len(os.fsencode(base / folder)) > MAX_SOCKET_PATH - 20:
        base = Path("/tmp")  # noqa: S108 (the folder in it is made private below)
    return _private(base / folder) / name


def open_listener(run_dir: Path, name: str = NAME) -> socket.socket:
    """A listening socket at that address, for the host or for a supervisor that starts the host.

    Raises OSError (address in use) where another process listens there already.
    """
    path = host_socket(run_dir, name)
    _clear(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.fspath(path))
        path.chmod(0o600)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def inherited_listener(descriptor: str) -> socket.socket:
    """The listening socket a supervisor handed over by its number."""
    listener = socket.socket(fileno=int(descriptor))
    listener.set_inheritable(False)
    return listener


def _clear(path: Path) -> None:
    """Remove the socket of a dead process; leave that of a running one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError):
            path.unlink(missing_ok=True)
        except TimeoutError:
            return  # a busy process listens; bind will fail


def _private(folder: Path) -> Path:
    """`folder`, made if need be. Raises PermissionError unless this user alone may open it: others may
    write beside it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a folder that only this user may open.")
    return folder
