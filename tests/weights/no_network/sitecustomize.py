"""On PYTHONPATH where nothing may leave the machine: a connection to anywhere else is refused, and noted in a file."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

NOTES = os.environ["PANIC_TEST_CONNECTIONS"]
LOOPBACK = ("127.", "::1")


def refuse_connections(event: str, values: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        if values[0].family == socket.AF_UNIX:
            return
        host = values[1][0]
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = values[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if host and host != "localhost" and not str(host).startswith(LOOPBACK):
        with open(NOTES, "a") as notes:  # noqa: PTH123 (nothing is imported that need not be)
            notes.write(f"{event} {host}\n")
        raise PermissionError(f"{event} of {host}: nothing may leave this machine")


sys.addaudithook(refuse_connections)
