"""One supervised process: how it is started, when it may start again, how it ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

QUICK = 10.0  # seconds; who dies younger than this is starting in vain
SETTLED = 30.0  # seconds; who lived this long starts again with a clean record
SLOWEST = 4.0  # a start takes seconds itself, and a run goes on within 20 of them
PR_SET_PDEATHSIG = 1


def restart_delay(quick_deaths: int) -> float:
    """At once after the first death; then doubling up to four seconds while it keeps dying young."""
    return 0.0 if quick_deaths <= 1 else float(min(SLOWEST, 0.5 * 2 ** (quick_deaths - 2)))


class Child:
    """A process in a group of its own that cannot outlive the supervisor."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Callable[[], Mapping[str, str]] = dict,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_at = 0.0  # monotonic; not before
        self._quick_deaths = 0
        self._command = command
        self._environment = environment
        self._pass_fds = tuple(pass_fds)

    @property
    def running(self) -> bool:
        return self.process is not None

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def age(self) -> float:
        return time.monotonic() - self.started_at

    def start(self) -> int:
        """Start it; returns the reading end of its output, which outlives it."""
        self.started_at = time.monotonic()
        reading, writing = os.pipe()
        try:
            self.process = subprocess.Popen(  # noqa: S603  a fixed command
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=subprocess.STDOUT,
                process_group=0,
                pass_fds=self._pass_fds,
                preexec_fn=_preparation(self._environment),
            )
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        return reading

    def signal(self, number: int) -> None:
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def kill_group(self) -> None:
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def reap(self) -> int | None:
        """The exit status if it has ended, with its whole group swept away; else None."""
        if self.process is None or not _has_ended(self.process.pid):
            return None
        self.kill_group()  # before the reaping: until then nobody else can get this number
        status = self.process.wait()
        self.process = None
        lived = self.age()
        if lived < QUICK:
            self._quick_deaths += 1
        elif lived >= SETTLED:
            self._quick_deaths = 0
        self.start_at = time.monotonic() + restart_delay(self._quick_deaths)
        return status


def _has_ended(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _preparation(environment: Callable[[], Mapping[str, str]]) -> Callable[[], None]:
    """What the new process does before it becomes the command (so: nothing that allocates much)."""
    parent = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died in between
                os._exit(1)
        # Put into the process itself, as Popen is given no `env`: some of it is this pid.
        os.environ.update(environment())

    return prepare
