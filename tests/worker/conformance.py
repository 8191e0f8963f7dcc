"""Programs that speak the worker protocol, as the conformance test starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from panic_worker.folder import Enrolment, WorkerFolder
from tests.worker.farm_server import SECRET

WORKER = Path(__file__).resolve().parents[2] / "worker"
EXAMPLE = WORKER / "examples/minimal_worker.py"


@dataclass(frozen=True, slots=True)
class ConformingProgram:
    """`model`: of texts; what it makes of "panic" is `answer`. `folder`: of its own, for each test."""

    name: str
    model: str
    answer: str
    sends_files: bool

    def enrol(self, folder: Path, server: str, token: str) -> str:
        """What it printed and kept."""
        command = {
            "panic-worker": ["-m", "panic_worker", "enrol", server, token, "--data", str(folder)],
            "minimal": [str(EXAMPLE), server, "enrol", token],
        }[self.name]
        done = subprocess.run(
            [sys.executable, *command], env=_environment(), capture_output=True, check=True
        )
        kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
        return b"".join([done.stdout, *kept]).decode(errors="replace")

    def run(self, folder: Path, server: str) -> subprocess.Popen[bytes]:
        command: Sequence[str] = (str(EXAMPLE), server, "run", SECRET)
        if self.name == "panic-worker":
            _prepare(folder, server)
            command = ("-m", "panic_worker", "run", "--echo", "--data", str(folder))
        return subprocess.Popen(
            [sys.executable, *command], env=_environment(), stderr=subprocess.DEVNULL
        )


PROGRAMS = (
    ConformingProgram("panic-worker", "echo-text", "panic", sends_files=True),
    ConformingProgram("minimal", "capitals", "PANIC", sends_files=False),
)


def _prepare(folder: Path, server: str) -> None:
    found = WorkerFolder(folder)
    if not found.config.exists():
        found.create()
        found.save_enrolment(Enrolment(server, "w1", SECRET, "attic"))
        found.config.write_text("min_free_bytes = 0\n")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(WORKER)}
