"""django-q2's own command; its processes end with their parent, and none of them can jam the rest."""

from __future__ import annotations

import gc
import os
from typing import Any

from django_q import cluster
from django_q.management.commands.qcluster import Command as QCluster

from invocations.engine.cluster import DatagramQueue, SharedNumber, die_with_parent


class Command(QCluster):  # type: ignore[misc]
    # `up` has made them; they import every page and the whole API, 15 MB that no worker needs.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        # Killed alone, the stock parent leaves five of its six processes working on as orphans.
        os.register_at_fork(after_in_child=die_with_parent)
        cluster.Queue, cluster.Value = DatagramQueue, SharedNumber
        gc.collect()
        gc.freeze()  # what all share is left out of every collection, which would make it each one's own
        super().handle(*args, **options)
