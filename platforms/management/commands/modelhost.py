"""`manage.py modelhost`: the process that holds the local models in memory."""

from __future__ import annotations

import argparse
import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Replaces this process by `python -m local_models`, which needs no Django and its memory."""

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
        command = [sys.executable, "-m", "local_models", "--run-dir", str(settings.RUN_DIR)]
        command += ["--weights-dir", str(settings.WEIGHTS_DIR)]
        command += ["--idle-seconds", str(idle_seconds), "--log-level", settings.LOG_LEVEL]
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, command)  # noqa: S606 (our own interpreter and program)
