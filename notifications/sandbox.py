"""What the process that sends may do: connect to allowed addresses, and read installed code.

An audit hook sees every connection after its name was resolved, that of a redirect too, so that
nothing between a check and a connection can lead elsewhere. A hook cannot be taken away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assets.addresses import is_public

# No program, no other way to a network, no change of a file
_FORBIDDEN = (
    *("subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.start"),
    *("os.remove", "os.rename", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.truncate"),
    *("os.chmod", "os.chown", "os.kill", "shutil.", "socket.bind", "pty."),
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class NotAllowed(PermissionError):
    """The process tried something that it may not."""


class Sandbox:
    """From `enter` on, for good."""

    def __init__(self, *, private_allowed: bool, readable: Sequence[str] = ()) -> None:
        self._private_allowed = private_allowed
        self.refused_address = False  # whether a connection was refused
        code = Path(__file__).resolve().parent.parent
        roots = [
            *(sys.prefix, sys.base_prefix, *sys.path[1:]),  # not the folder that it is started in
            *("/etc/ssl", "/etc/mime.types", "/usr/share"),
            *readable,
            *(str(code / "notifications"), str(code / "assets")),
        ]
        self._readable = tuple(os.path.realpath(root) for root in roots if root)

    def enter(self) -> None:
        sys.addaudithook(self._audit)

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            self._check_address(args[1])
        elif event == "open":
            self._check_file(args[0], args[2])
        elif event.startswith(_FORBIDDEN):
            raise NotAllowed(event)

    def _check_address(self, address: Any) -> None:
        if address is None:  # of a socket that is connected, and was checked
            return
        allowed = isinstance(address, tuple) and isinstance(address[0], str)
        if allowed and not self._private_allowed:
            try:
                allowed = is_public(address[0])
            except ValueError:  # a name: it would be resolved after this check
                allowed = False
        if not allowed:
            self.refused_address = True
            raise NotAllowed("This address may not be connected to.")

    def _check_file(self, path: Any, flags: Any) -> None:
        if isinstance(path, int):
            return
        if isinstance(flags, int) and flags & _WRITING:
            raise NotAllowed("Nothing is written.")
        real = os.path.realpath(os.fsdecode(path))
        if not any(real == root or real.startswith(root + os.sep) for root in self._readable):
            raise NotAllowed("This file is not read.")
