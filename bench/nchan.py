"""A private nginx with nchan: a configuration, ports and files of its own in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.stack import free_port

from .environment import Context, terminate
from .processor_time import ProcessorTime, tree
from .publishers import BaselineServer
from .rows import NotMeasured

MODULES = (Path("/usr/lib/nginx/modules"), Path("/usr/lib64/nginx/modules"))
MODULE = "ngx_nchan_module.so"
PUBLISHER = ("-m", "bench.baselines.nchan_publisher", "{port}")
CONFIGURATION = """
daemon off;
user {user};
worker_processes 1;
load_module {module};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  keepalive_timeout 1h;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location = /publish {{
      nchan_publisher http;
      nchan_channel_id bench;
      nchan_message_buffer_length 1;
    }}
    location = / {{
      nchan_subscriber websocket;
      nchan_channel_id bench;
      nchan_subscriber_first_message -1;
    }}
  }}
}}
"""


class NchanServer:
    """nginx with one worker, and a process that publishes to it by HTTP."""

    acknowledges = False

    def __init__(self, context: Context, frame: str) -> None:
        program, module = _installed()
        folder = context.closing.enter_context(tempfile.TemporaryDirectory(prefix="panic-nchan-"))
        self._port = free_port()
        configuration = Path(folder) / "nginx.conf"
        user = pwd.getpwuid(os.getuid()).pw_name
        configuration.write_text(
            CONFIGURATION.format(user=user, module=module, folder=folder, port=self._port)
        )
        process = subprocess.Popen(
            [program, "-p", folder, "-e", f"{folder}/error.log", "-c", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        context.closing.callback(terminate, process)
        _wait(lambda: _accepts(self._port), "nginx does not answer")
        self.cpu = ProcessorTime(tree(process.pid))
        self._publisher = BaselineServer(
            context, PUBLISHER, frame, BENCH_NCHAN_PORT=str(self._port)
        )

    @property
    def published(self) -> int:
        return self._publisher.published

    def sockets(self, count: int) -> list[str]:
        """The next sockets get a welcome, as the last message that was published."""
        httpx.get(f"{self._publisher.base_url}/welcome").raise_for_status()
        return [f"ws://127.0.0.1:{self._port}/"] * count

    def publish(self, times: int, every: float) -> list[float]:
        return self._publisher.publish(times, every)


def _installed() -> tuple[str, Path]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    module = next((path / MODULE for path in MODULES if (path / MODULE).exists()), None)
    if program is None or module is None:
        raise NotMeasured(
            "nginx with nchan is not installed (Debian: apt-get install libnginx-mod-nchan)"
        )
    return program, module


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _wait(condition: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + 20
    while not condition():
        if time.monotonic() > until:
            raise NotMeasured(otherwise)
        time.sleep(0.05)
