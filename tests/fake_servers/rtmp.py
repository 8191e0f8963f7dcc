"""A private nginx that takes RTMP: a configuration, a port and files of its own in a temporary folder."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.stack import free_port

MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
CONFIGURATION = """
load_module {module};
daemon off;
master_process off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
rtmp {{
  server {{
    listen 127.0.0.1:{port};
    access_log off;
    application app {{ live on; }}
  }}
}}
"""


class RtmpServer:
    """`start` and `kill` it as often as wanted: its address stays."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        if program is None or not MODULE.exists():
            pytest.skip("no nginx with its RTMP module (Debian: libnginx-mod-rtmp)")
        self._port = free_port()
        self._configuration = folder / "nginx.conf"
        self._configuration.write_text(
            CONFIGURATION.format(module=MODULE, folder=folder, port=self._port)
        )
        self._command = [program, "-c", str(self._configuration), "-e", str(folder / "error.log")]
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"rtmp://127.0.0.1:{self._port}/app"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            time.sleep(0.05)
        raise AssertionError("nginx does not answer")

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
