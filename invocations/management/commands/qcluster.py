"""django-q2's own command; its processes end with their parent, and none of them can jam the rest."""

from __future__ import annotations

import gc
from argparse import ArgumentParser
from importlib import import_module
from typing import Any

from django_q import cluster
from django_q.management.commands.qcluster import Command as QCluster

from invocations.engine.cluster import DatagramQueue
from invocations.engine.guard import guard_cluster

# What the processes of the queue import when they begin and at the first task: before the fork, all
# have it together.
SHARED_MODULES = (
    "assets.animations",
    "assets.timed",
    "django.core.cache.backends.locmem",
    "django.db.models.sql.compiler",
    "invocations.engine.dispatcher",
    "invocations.engine.runner",
    "invocations.tasks",
)


class Command(QCluster):  # type: ignore[misc]
    # `up` has made them; they import every page and the whole API, 15 MB that no worker needs.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """None: the stock ones are for several clusters, and to end one at once."""

    def handle(self, *args: Any, **options: Any) -> None:
        cluster.Queue = DatagramQueue
        for name in SHARED_MODULES:
            import_module(name)
        gc.collect()
        gc.freeze()  # what all share is left out of every collection, which would make it each one's own
        guard_cluster()
