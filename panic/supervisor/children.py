"""What `manage.py up` hands over to the process it turns into."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from panic.supervisor.watchdogs import Heartbeat, WebProbe

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
    stream_fd: int  # the stream host's
    log_format: str = "text"  # or "json": one object a line

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


EARLY_DEATH_SECONDS = 10.0  # a child that dies younger than this counts as an early death
SETTLED_SECONDS = 30.0  # a child that lived this long starts again without early deaths
MAX_RESTART_SECONDS = 4.0  # a start takes seconds itself, and a run goes on within 20 of them
PR_SET_PDEATHSIG = 1


def restart_delay(early_deaths: int) -> float:
    """At once after the first death; then doubling up to four seconds while it keeps dying young."""
    if early_deaths <= 1:
        return 0.0
    return float(min(MAX_RESTART_SECONDS, 0.5 * 2 ** (early_deaths - 2)))


class Watchdog(Protocol):
    """Says whether a running child is ready, and whether it does nothing any more."""

    complaint: str  # for the log, after the child's name

    def begin(self, group: int) -> None:
        """A new process has started, and leads this group."""

    def give_up(self) -> None:
        """The process is killed because it is lost."""

    def tick(self, now: float) -> None: ...

    def wake_at(self) -> float:
        """When `tick` is wanted next, on the monotonic clock."""

    def is_ready(self) -> bool: ...

    def is_lost(self, now: float) -> bool:
        """Whether the process is to be killed and started again."""


class Child:
    """A process in a group of its own that cannot outlive the supervisor.

    With `listener` it is started by the first connection to that socket, else at once; one that `resumes`
    is started again at once where it did not end of itself. `niceness`: how far it stands back when the
    machine is full, in the steps of nice(2).
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Callable[[], Mapping[str, str]] = dict,
        pass_fds: Sequence[int] = (),
        watchdog: Watchdog | None = None,
        listener: socket.socket | None = None,
        resumes: bool = False,
        niceness: int = 0,
    ) -> None:
        self.name = name
        self.watchdog = watchdog
        self.listener = listener
        self.resumes = resumes
        self.niceness = niceness
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_at = 0.0  # monotonic; not before
        self._early_deaths = 0
        self._status = 0
        self._command = command
        self._environment = environment
        self._pass_fds = tuple(pass_fds)

    @property
    def running(self) -> bool:
        return self.process is not None

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    @property
    def awaits_connection(self) -> bool:
        """Whether it is to be started by a connection only, not now."""
        return self.listener is not None and not (self.resumes and self._status)

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
                preexec_fn=_preparation(self._environment, self.niceness),
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
        status = self._status = self.process.wait()
        self.process = None
        lived = self.age()
        if lived < EARLY_DEATH_SECONDS:
            self._early_deaths += 1
        elif lived >= SETTLED_SECONDS:
            self._early_deaths = 0
        self.start_at = time.monotonic() + restart_delay(self._early_deaths)
        return status


def _has_ended(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _preparation(environment: Callable[[], Mapping[str, str]], niceness: int) -> Callable[[], None]:
    """What the new process does before it becomes the command (so: nothing that allocates much)."""
    parent = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died in between
                os._exit(1)
        with contextlib.suppress(OSError):  # a container may forbid it; then all are equal
            os.nice(niceness)
        # Put into the process itself, as Popen is given no `env`: some of it is this pid.
        os.environ.update(environment())

    return prepare


WEB_FD = 3  # where the web server expects its socket (the convention of systemd)
# glibc gives each thread a heap of its own, and with months of threads they only grow.
FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
# On a full machine the wall comes before the next step, and both before what a local model works out.
# Not further: they compete with the programs of the machine's owner as well.
QUEUE_NICENESS, MODEL_NICENESS, STREAM_NICENESS = 1, 5, 2


def all_children(plan: Plan, selector: selectors.BaseSelector) -> list[Child]:
    """In the order in which they are started."""
    return [_web(plan, selector), _queue(plan), _model_host(plan), _stream_host(plan)]


def _web(plan: Plan, selector: selectors.BaseSelector) -> Child:
    family = "INET6" if ":" in plan.host else "INET"
    command = [
        *(sys.executable, "-m", "panic.daphne_without_tls", "-v", "0"),
        *("-e", f"systemd:domain={family}:index=0"),
        *("--websocket_timeout", "-1", "--ping-interval", "20", "--ping-timeout", "30"),
        *("--application-close-timeout", "2", "--no-server-name"),
        "panic.asgi:application",
    ]
    # The socket stays open in the supervisor: while a killed web server comes back, visitors wait
    # in its queue for a second instead of being turned away.
    return Child(
        "web",
        command,
        environment=lambda: {
            **FEW_ARENAS,
            "LISTEN_FDS": "1",
            "LISTEN_FDNAMES": "web",
            "LISTEN_PID": str(os.getpid()),
        },
        pass_fds=[WEB_FD],
        watchdog=WebProbe(selector, plan.probe_address),
    )


def _queue(plan: Plan) -> Child:
    return Child(
        "queue",
        [sys.executable, plan.manage, "qcluster"],
        environment=lambda: {**FEW_ARENAS, "PANIC_WORKERS": str(plan.workers)},
        watchdog=Heartbeat(plan.run_dir / "qcluster.alive"),
        niceness=QUEUE_NICENESS,
    )


def _model_host(plan: Plan) -> Child:
    return Child(
        "models",
        [sys.executable, plan.manage, "modelhost"],
        environment=lambda: {"PANIC_LISTEN_FD": str(plan.model_fd)},
        pass_fds=[plan.model_fd],
        listener=socket.socket(fileno=plan.model_fd),
        niceness=MODEL_NICENESS,
    )


def _stream_host(plan: Plan) -> Child:
    return Child(
        "streams",
        [sys.executable, plan.manage, "streamhost", "--listen-fd", str(plan.stream_fd)],
        environment=lambda: FEW_ARENAS,
        # It may wait for the database as long as that may be locked; its encoders go on meanwhile.
        watchdog=Heartbeat(plan.run_dir / "streamhost.alive", seconds=30.0),
        pass_fds=[plan.stream_fd],
        listener=socket.socket(fileno=plan.stream_fd),
        resumes=True,
        niceness=STREAM_NICENESS,
    )
