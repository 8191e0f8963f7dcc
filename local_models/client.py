"""Asking the model host: one connection, one request, one reply. Closing the connection is how the host learns that
nobody waits any more."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from .address import host_socket
from .protocol import HostReply, HostRequest, read_frame, write_frame


async def ask(run_dir: Path, request: HostRequest) -> HostReply:
    """Raises OSError where no host listens or it went away, IncompleteReadError where it ended, BadFrame."""
    reader, writer = await asyncio.open_unix_connection(os.fspath(host_socket(run_dir)))
    try:
        await write_frame(writer, request.header())
        return HostReply.from_frame(*await read_frame(reader))
    finally:
        writer.close()
