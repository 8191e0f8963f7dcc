"""`manage.py streamhost`: the process that keeps the encoders of all broadcasts alive."""

from __future__ import annotations

import os
import signal
import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from lib.parent_process import end_with_parent
from streams.host import StreamHost
from streams.waking import open_listener


class Command(BaseCommand):
    help = "Encode what is to be on air. Started by `up` when a stream is wanted."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        end_with_parent()
        descriptor = os.environ.get("PANIC_LISTEN_FD")
        listener = (
            socket.socket(fileno=int(descriptor)) if descriptor else open_listener(settings.RUN_DIR)
        )
        listener.set_inheritable(False)
        host = StreamHost(listener)
        signal.signal(signal.SIGTERM, lambda *_: setattr(host, "stopping", True))
        signal.signal(signal.SIGINT, lambda *_: setattr(host, "stopping", True))
        host.run()
