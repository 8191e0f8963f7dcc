"""Several machines on one database: an `up` each, with a data folder, a host name and locks of its own.

To the product a data folder is a place (`invocations.engine.worker_locks.host_name`): what one machine's
workers hold, the other judges by its lease alone, as if it stood elsewhere.
"""

from __future__ import annotations

import itertools
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

from tests.stack import Stack

from .provider import Provider
from .queries import Queries
from .stack import Json, RehearsalStack


class MachinesStack(RehearsalStack):
    """Scenarios see one stack: what they kill, they kill on every machine; what they ask is asked of the
    machines in turn, as a load balancer does, past those that do not answer."""

    def __init__(
        self, data_dir: Path, provider: Provider, environment: dict[str, str], machines: int
    ) -> None:
        super().__init__(data_dir, provider, **environment)
        self.records = Queries(environment["DATABASE_URL"])
        self.others = [
            Stack(data_dir.with_name(f"{data_dir.name}-{number}"), workers=self.workers)
            for number in range(2, machines + 1)
        ]
        for one in self.others:
            own = {name: one.environment[name] for name in ("PANIC_DATA_DIR", "PANIC_PORT")}
            one.environment = {**self.environment, **own}
        self._turn = itertools.count()

    @property
    def data_dirs(self) -> list[Path]:
        return [self.data_dir, *(one.data_dir for one in self.others)]

    def prepare(self, template: Path | None = None) -> None:
        assert template is not None
        for folder in self.data_dirs:
            shutil.copytree(template, folder, dirs_exist_ok=True)

    def start(self, *, ready: bool = True, timeout: float = 180.0) -> None:
        for one in self.others:
            one.environment["PYTHONPATH"] = self.environment.get("PYTHONPATH", "")
        super().start(ready=False, timeout=timeout)
        for one in self.others:
            one.start(ready=ready, timeout=timeout)
        if ready:
            self.wait_until(lambda: self._answers("/readyz"), timeout, "/readyz says 200")

    def stop(self, number: int = signal.SIGTERM, timeout: float = 60.0) -> tuple[int, float]:
        """All of them at once, as when a deployment ends; the worst status and the longest time."""
        for one in self.others:
            assert one.process is not None
            one.process.send_signal(number)
        status, seconds = super().stop(number, timeout)
        for one in self.others:
            other_status, other_seconds = one.stop(number, timeout)
            status, seconds = status or other_status, max(seconds, other_seconds)
        return status, seconds

    def destroy(self) -> None:
        super().destroy()
        for one in self.others:
            one.destroy()

    def everything(self) -> list[psutil.Process]:
        return [*super().everything(), *(p for one in self.others for p in one.everything())]

    def send(self, method: str, path: str, body: Json | None) -> httpx.Response:
        begin = next(self._turn)
        urls = [self.base_url, *(one.base_url for one in self.others)]
        for number in range(len(urls) - 1):
            with suppress(httpx.TransportError):
                url = urls[(begin + number) % len(urls)]
                return self.api.request(method, f"{url}/api/v1/{path}", json=body)
        url = urls[(begin - 1) % len(urls)]
        return self.api.request(method, f"{url}/api/v1/{path}", json=body)

    # Of one machine

    def lose(self, machine: Stack) -> None:
        """SIGKILL to every process of one of the other machines, the supervisor's included; it stays away."""
        for process in machine.everything():
            with suppress(psutil.Error):
                process.kill()
        machine.wait_until_gone()

    def runs_held_by(self, machine: Stack, runs: Sequence[str]) -> list[str]:
        """Those of these runs whose call is in the hands of this machine."""
        pids = {str(process.pid) for process in machine.everything()}
        holders = self.records.workers_of_runs(*runs)
        return [run for run, worker in holders.items() if worker.split(":")[1] in pids]
