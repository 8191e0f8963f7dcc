"""A machine of the farm for a test: `panic-worker` with a folder of its own, as a program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.stack import ROOT

WORKER = ROOT / "worker"
PATIENCE = 120.0


class FarmMachine:
    """`prefix`: a command before it, such as one that enters a network namespace."""

    def __init__(self, folder: Path, *, prefix: Sequence[str] = ()) -> None:
        self.folder = folder
        self.prefix = list(prefix)
        self.environment = {**os.environ, "PYTHONPATH": f"{WORKER}{os.pathsep}{ROOT}"}
        self.process: subprocess.Popen[bytes] | None = None

    def enrol(self, server: str, token: str, settings: str = "") -> None:
        command = self._command("enrol", server, token, "--name", self.folder.name)
        subprocess.run(command, env=self.environment, check=True, timeout=PATIENCE)
        (self.folder / "config.toml").write_text(f"min_free_bytes = 0\n{settings}")

    def start(self, *arguments: str) -> None:
        """`panic-worker run`; its log is beside its data."""
        with (self.folder / "log").open("ab") as log:
            command = self._command("run", *arguments)
            self.process = subprocess.Popen(command, env=self.environment, stderr=log)

    def send(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    @property
    def worker_id(self) -> str:
        """Once it is enrolled."""
        found: str = json.loads((self.folder / "enrolment.json").read_text())["id"]
        return found

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _command(self, name: str, *arguments: str) -> list[str]:
        data = ["--data", str(self.folder)]
        return [*self.prefix, sys.executable, "-m", "panic_worker", name, *arguments, *data]
