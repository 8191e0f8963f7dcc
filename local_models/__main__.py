"""The model host as a program: `python -m local_models --run-dir DIR --weights-dir DIR`.

`manage.py modelhost` runs it with the installation's folders. The environment variable
PANIC_LISTEN_FD, where it is set, is the number of a listening socket to serve instead of opening one.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import socket
import sys
from pathlib import Path

from lib.parent_process import end_with_parent

from . import address
from .host import ModelHost
from .loaders import SMALL_THREADS, loader, thread_of_model
from .memory import keep_little_memory

UNLOAD_SECONDS = 900.0  # without a call, after which a model leaves memory
ENVIRONMENT = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime sends telemetry unless this is set before its import
    # One compute thread per model: more of them spin against each other on small machines.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


def main() -> None:
    options = _parse_arguments()
    end_with_parent()
    os.environ.update(ENVIRONMENT)
    keep_little_memory()
    logging.basicConfig(
        level=options.log_level, format="{asctime} {levelname} {name}: {message}", style="{"
    )
    serve(
        _listener(options.run_dir),
        options.weights_dir,
        idle_seconds=options.idle_seconds,
        unload_seconds=options.unload_seconds,
    )


def serve(
    listener: socket.socket, weights_dir: Path, *, idle_seconds: float, unload_seconds: float
) -> None:
    """Serve, then exit without waiting for a model that is in the middle of a call."""

    async def run() -> None:
        load = loader(weights_dir)
        host = ModelHost(thread_of_model=thread_of_model, load=load, small=SMALL_THREADS)
        await host.serve(listener, idle_seconds=idle_seconds, unload_seconds=unload_seconds)

    asyncio.run(run())
    logging.shutdown()
    os._exit(0)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_models")
    parser.add_argument("--run-dir", type=Path, required=True, help="the folder of the socket")
    parser.add_argument("--weights-dir", type=Path, required=True, help="the folder of the weights")
    parser.add_argument("--idle-seconds", type=float, default=0.0)
    parser.add_argument("--unload-seconds", type=float, default=UNLOAD_SECONDS)
    parser.add_argument("--log-level", default="INFO")
    return parser.parse_args()


def _listener(run_dir: Path) -> socket.socket:
    if descriptor := os.environ.pop("PANIC_LISTEN_FD", ""):
        try:
            return address.inherited_listener(descriptor)
        except (OSError, ValueError):
            sys.exit(f"PANIC_LISTEN_FD={descriptor} is not a listening socket.")
    try:
        return address.open_listener(run_dir)
    except OSError as error:
        sys.exit(
            f"A model host already listens at {address.host_socket(run_dir)} ({error.strerror})."
        )


if __name__ == "__main__":
    main()
