"""`manage.py streamhost`: the process that keeps the encoders of all broadcasts alive."""

from __future__ import annotations

import signal
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from lib.parent_process import end_with_parent
from streams.host import StreamHost
from streams.waking import open_listener


class Command(BaseCommand):
    help = "Encode what is to be on air. Started by `up` when a stream is wanted."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--listen-fd", type=int, help="a socket that already listens")

    def handle(self, *args: Any, listen_fd: int | None = None, **options: Any) -> None:
        end_with_parent()
        listener = (
            open_listener(settings.RUN_DIR)
            if listen_fd is None
            else socket.socket(fileno=listen_fd)
        )
        listener.set_inheritable(False)
        host = StreamHost(listener)
        signal.signal(signal.SIGTERM, lambda *_: setattr(host, "stopping", True))
        signal.signal(signal.SIGINT, lambda *_: setattr(host, "stopping", True))
        host.run()
