"""A process that the stream host starts, listens to, and starts again."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from django.conf import settings

EARLY_DEATH_SECONDS = 10.0
MAX_DELAY_SECONDS = 4.0
SETTLED_SECONDS = 30.0


class ChildProcess:
    """`python -m MODULE …`, which says lines and is told lines. It is lost where it says nothing for
    `silent_seconds`; to say its first line it has three times as long."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        on_line: Callable[[str], None],
        *,
        silent_seconds: float,
    ) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._on_line = on_line
        self._silent_seconds = silent_seconds
        self._process: subprocess.Popen[str] | None = None
        self._started_at = self._heard_at = 0.0
        self._start_at = 0.0
        self.early_deaths = 0
        self.starts = 0

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def keep_alive(self) -> bool:
        """Start it where it is time to; True where a new process has begun."""
        now = time.monotonic()
        if self._process is not None:
            if self._process.poll() is None:
                if now - self._heard_at > self._silent_seconds:
                    self._process.kill()
                return False
            self._note_death(self._process, now)
        if now < self._start_at:
            return False
        self._start()
        return True

    def tell(self, line: str) -> None:
        """What it cannot hear any more is not said."""
        process = self._process
        if process is not None and process.stdin is not None:
            try:
                process.stdin.write(line)
                process.stdin.flush()
            except OSError:
                return

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            _close(process)

    def _start(self) -> None:
        self._started_at = time.monotonic()
        self._heard_at = self._started_at + 2 * self._silent_seconds
        self.starts += 1
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            self._command,
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            if process is self._process:
                self._heard_at = max(self._heard_at, time.monotonic())
                self._on_line(line)

    def _note_death(self, process: subprocess.Popen[str], now: float) -> None:
        _close(process)
        self._process = None
        lived = now - self._started_at
        if lived < EARLY_DEATH_SECONDS:
            self.early_deaths += 1
        elif lived > SETTLED_SECONDS:
            self.early_deaths = 0
        late = self.early_deaths - 2  # at once after the first two
        self._start_at = now + (min(MAX_DELAY_SECONDS, 0.5 * 2**late) if late >= 0 else 0.0)


def _close(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue


def parse_object(line: str) -> dict[str, object]:
    """The JSON object of a line; empty where it is something else."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
