"""The guard of the queue's processes: how it is stopped, and what all of them have in common."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from invocations.engine.guard import ClusterStop

# What pages, the API, providers and media need, and no process of the queue before its first call
LOADED_WHEN_NEEDED = {
    *("ninja", "pydantic", "jsonschema", "twisted", "daphne", "channels.layers", "markdown_it"),
    *("segno", "panic.urls", "anthropic", "google.genai", "openai", "replicate", "apprise"),
    *("av", "numpy", "xllamacpp", "fontTools", "babel"),
}


@pytest.fixture
def stop() -> Iterator[ClusterStop]:
    """Set by SIGUSR1."""
    stop = ClusterStop()
    before = signal.signal(signal.SIGUSR1, stop.set)
    yield stop
    signal.signal(signal.SIGUSR1, before)
    stop.close()


def test_a_signal_ends_the_wait_of_the_process_that_handles_it(stop: ClusterStop) -> None:
    assert not stop.is_set()
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()

    assert stop.wait(60)


def test_it_stays_set_however_often_the_signal_comes(stop: ClusterStop) -> None:
    for _ in range(3):
        os.kill(os.getpid(), signal.SIGUSR1)

    assert stop.is_set()
    assert stop.wait(0)


def test_what_the_queue_does_not_need_at_once_is_in_none_of_its_processes() -> None:
    script = (
        "import sys, django; django.setup();"
        "from importlib import import_module;"
        "from invocations.management.commands.qcluster import SHARED_MODULES;"
        "[import_module(name) for name in SHARED_MODULES];"
        f"loaded = {LOADED_WHEN_NEEDED} & set(sys.modules); assert not loaded, loaded"
    )

    subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "panic.settings"},
        check=True,
        timeout=60,
    )
