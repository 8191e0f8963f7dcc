"""What the processes of an installation load before anybody needs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# What pages, the API, providers and media need, and no process of the queue before its first call
LOADED_WHEN_NEEDED = {
    *("ninja", "pydantic", "jsonschema", "twisted", "daphne", "channels.layers", "markdown_it"),
    *("segno", "panic.urls", "anthropic", "google.genai", "openai", "replicate", "apprise"),
    *("av", "numpy", "xllamacpp", "fontTools", "babel"),
}


def test_the_web_process_loads_nothing_for_tls_nor_for_media() -> None:
    script = (
        "import sys; from panic.daphne_without_tls import leave_out_tls; leave_out_tls();"
        "import daphne.cli, panic.asgi;"
        "from django.urls import get_resolver; get_resolver()._populate();"
        "loaded = {'OpenSSL.SSL', 'service_identity', 'PIL', 'av', 'numpy'} & set(sys.modules);"
        "assert not loaded, loaded"
    )

    run_script(script)


def test_where_runs_are_going_is_drawn_without_numpy() -> None:
    """Control rooms, displays, pages of pairs and reports are asked for while a web process lives."""
    script = (
        "import sys, pkgutil, django; django.setup(); sys.modules['numpy'] = None\n"
        "from importlib import import_module; import observatory\n"
        "others = ('search_index', 'persistence_program', 'management', 'migrations')\n"
        "for found in pkgutil.walk_packages(observatory.__path__, 'observatory.'):\n"
        "    if not any(name in found.name.split('.') for name in others):\n"
        "        import_module(found.name)\n"
        "from observatory import numbers, patterns, projection\n"
        "run = [tuple(float(at == one % 7) for at in range(384)) for one in range(40)]\n"
        "numbers.numbers_of_run({0: run}, [{0: run}], [{0: run}] * 3); patterns.cycle_of(run)\n"
        "numbers.numbers_of_network([numbers.RunVectors(one, {0: run}) for one in 'aabbc'])\n"
        "projection.project(run)"
    )

    run_script(script)


def test_what_the_queue_does_not_need_at_once_is_in_none_of_its_processes() -> None:
    script = (
        "import sys, django; django.setup();"
        "from importlib import import_module;"
        "from invocations.management.commands.qcluster import SHARED_MODULES;"
        "[import_module(name) for name in SHARED_MODULES];"
        f"loaded = {LOADED_WHEN_NEEDED} & set(sys.modules); assert not loaded, loaded"
    )

    run_script(script)


def test_what_is_asked_again_and_again_loads_none_of_it(tmp_path: Path) -> None:
    """The dispatcher asks each periodic task whether it is due, for as long as an installation lives."""
    script = (
        "import sys, django; django.setup();"
        "from contextlib import suppress; from django.db import DatabaseError;"
        "from django.utils import timezone; from invocations.engine import periodic_tasks\n"
        "assert periodic_tasks._tasks\n"
        "for task in periodic_tasks._tasks.values():\n"
        "    with suppress(DatabaseError):  # an empty one: it is what was imported that counts\n"
        "        task.due(timezone.now())\n"
        "import panic.tasks\n"  # some of which are done while nothing happens
        f"loaded = {LOADED_WHEN_NEEDED} & set(sys.modules); assert not loaded, loaded"
    )

    run_script(script, PANIC_DATA_DIR=str(tmp_path))


def run_script(script: str, **environment: str) -> None:
    subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "panic.settings", **environment},
        check=True,
        timeout=60,
    )
