"""Where the stream host listens, and how it is started or told to look: by a connection, and nothing more."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

from django.conf import settings

from local_models import address

NAME = "streams.sock"


def open_listener(run_dir: Path) -> socket.socket:
    """For the host, or for a supervisor that starts it. Raises OSError where somebody listens already."""
    return address.open_listener(run_dir, NAME)


def wake_host() -> None:
    """Start it, or have it look at once; without a supervisor on this machine nothing happens."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.setblocking(False)
        one.connect(os.fspath(address.host_socket(settings.RUN_DIR, NAME)))
