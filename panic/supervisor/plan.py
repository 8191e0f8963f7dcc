"""What `manage.py up` hands over to the process it turns into."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

VARIABLE = "PANIC_SUPERVISE"


@dataclass(frozen=True, slots=True)
class Plan:
    host: str
    port: int
    workers: int
    data_dir: str
    manage: str  # the manage.py that children run
    listen_fd: int  # the web server's socket, already listening
    lock_fd: int  # held for as long as this installation runs
    model_fd: int  # the model host's socket, already listening

    @property
    def run_dir(self) -> Path:
        return Path(self.data_dir) / "run"

    @property
    def log_file(self) -> Path:
        return Path(self.data_dir) / "logs" / "panic.log"

    @property
    def probe_address(self) -> tuple[str, int]:
        """Where this machine itself reaches the web server."""
        anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared, not bound
        return anywhere.get(self.host, self.host), self.port

    def to_environment(self) -> dict[str, str]:
        return {**os.environ, VARIABLE: json.dumps(asdict(self))}


def taken_from_environment() -> Plan | None:
    """The plan this process was started with, taken out so that no child sees it."""
    text = os.environ.pop(VARIABLE, "")
    return Plan(**json.loads(text)) if text else None
