"""Start everything on this machine: web server, queue workers, and the model host when needed."""

from __future__ import annotations

import fcntl
import os
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from credentials import server_registry
from farm import catalogue, leases_of_farm, server_start
from local_models.address import open_listener
from panic.startup import refuse_missing_migrations, startup_message
from panic.supervisor.children import Plan
from streams import waking
from streams.models import Broadcast

FIRST_FREE = 10  # below live the standard streams and what a parent such as make left open


class Command(BaseCommand):
    help = "Run the web server and the queue workers in the foreground, and restart what dies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="0.0.0.0")  # noqa: S104  screens are other machines
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=settings.QUEUE_WORKERS)

    def handle(self, *args: Any, host: str, port: int, workers: int, **options: Any) -> None:
        if not 1 <= workers <= 64:
            raise CommandError(f"--workers must lie between 1 and 64, not {workers}.")
        lock = only_one(settings.RUN_DIR / "up.lock")
        web_socket = listening_socket(host, port)
        refuse_missing_migrations()
        connection.close()
        refuse_missing_static_files()
        server_registry.announce_existing()
        catalogue.announce_existing()
        server_start.note_start()
        leases_of_farm.give_grace(timezone.now())
        plan = Plan(
            host=host,
            port=web_socket.getsockname()[1],
            workers=workers,
            data_dir=str(settings.DATA_DIR),
            manage=str(settings.BASE_DIR / "manage.py"),
            listen_fd=handed_over(web_socket.fileno()),
            lock_fd=handed_over(lock),
            model_fd=handed_over(open_listener(settings.RUN_DIR).detach()),
            stream_fd=handed_over(waking.open_listener(settings.RUN_DIR).detach()),
            log_format=settings.LOG_FORMAT,
        )
        if Broadcast.objects.wanted_ones().exists():
            waking.wake_host()
        connection.close()
        self.stdout.write(startup_message(host, plan.port))
        self.stdout.flush()
        # The same process goes on without Django, which would cost 40 MB for doing nothing.
        os.chdir(settings.BASE_DIR)
        os.execve(  # noqa: S606
            sys.executable, [sys.executable, plan.manage, *sys.argv[1:]], plan.to_environment()
        )


def only_one(path: Path) -> int:
    """Hold the lock of this data folder, or say that somebody else does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode() or "unknown"
        raise CommandError(
            f"PANIC! already runs on {settings.DATA_DIR} (process {holder}). "
            "Stop it first, or set PANIC_DATA_DIR to another folder."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def listening_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    web_socket = socket.socket(family, socket.SOCK_STREAM)
    web_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        web_socket.bind((host, port))
    except (OSError, OverflowError) as error:
        web_socket.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise CommandError(
            f"Cannot listen on {host}, port {port}: {reason}. "
            "Choose another with --port (or PANIC_PORT), or stop what runs there."
        ) from None
    web_socket.listen(2048)
    return web_socket


def refuse_missing_static_files(storage: object = staticfiles_storage) -> None:
    """Every page names hashed files; where one is not among them it would be an error page."""
    hashed = getattr(storage, "hashed_files", None)  # only where files are hashed
    if hashed is None:
        return
    own = settings.BASE_DIR / "static"
    names = (path.relative_to(own).as_posix() for path in sorted(own.rglob("[!.]*.*[!~]")))
    if missing := [name for name in names if name not in hashed]:
        raise CommandError(
            f"{len(missing)} static files are not collected, such as {missing[0]}: run `make setup` "
            "(or `python manage.py prepare`) first."
        )


def handed_over(descriptor: int) -> int:
    """A copy that survives becoming another program."""
    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD, FIRST_FREE)
    os.set_inheritable(copy, True)
    return copy
