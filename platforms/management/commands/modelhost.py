"""`manage.py modelhost`: the process that holds the local models in memory."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import logging
import os
import signal
import socket
import sys

from django.core.management.base import BaseCommand, CommandError

from platforms.local import address, catalogue
from platforms.local.host import Host
from platforms.local.makers import load

PR_SET_PDEATHSIG = 1
ENVIRONMENT = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime reports home unless told not to before its import
    # One compute thread per model: more of them spin against each other on small machines.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


class Command(BaseCommand):
    """Listens until it is told to stop, or until its parent dies."""

    help = "Run the models of this machine. Started by `up` when one is first used."
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--idle-seconds",
            type=float,
            default=0.0,
            help="stop after so long without a call, to give the memory back (0: never)",
        )

    def handle(self, *, idle_seconds: float, **options: object) -> None:
        die_with_parent()
        os.environ.update(ENVIRONMENT)
        host_models(_listener(), idle_seconds)


def host_models(listener: socket.socket, idle_seconds: float) -> None:
    """Serve, then leave without waiting for a model that is in the middle of something."""

    async def serve() -> None:
        host = Host(lane_of=catalogue.lane_of, load=load)
        await host.serve(listener, idle_seconds=idle_seconds)

    asyncio.run(serve())
    logging.shutdown()
    os._exit(0)


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends, however that happens (Linux)."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel was asked
        os._exit(1)


def _listener() -> socket.socket:
    if descriptor := os.environ.pop("PANIC_LISTEN_FD", ""):
        try:
            return address.inherited(descriptor)
        except (OSError, ValueError):
            raise CommandError(f"PANIC_LISTEN_FD={descriptor} is not a listening socket.") from None
    try:
        return address.listen()
    except OSError as error:
        raise CommandError(
            f"A model host already listens at {address.host_socket()} ({error.strerror})."
        ) from None
