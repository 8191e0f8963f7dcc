"""The supervisor's loop: sleeps until a child dies, speaks, is needed, or is silent for too long."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable

from .child import Child
from .door import ModelDoor
from .output import Lines, Output
from .plan import Plan
from .watchdogs import SignOfLife, WebProbe

WEB_FD = 3  # where the web server expects its socket (the convention of systemd)
TICK = 1.0
DRAIN = 8.0
# glibc gives each thread a heap of its own, and with months of threads they only grow.
FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def supervise(plan: Plan) -> int:
    """Run until a signal says stop; returns the exit status."""
    if plan.listen_fd != WEB_FD:
        os.dup2(plan.listen_fd, WEB_FD)
        os.close(plan.listen_fd)
    Supervisor(plan).run()
    return 0


class Supervisor:
    def __init__(self, plan: Plan) -> None:
        self.output = Output(plan.log_file)
        self.selector = selectors.DefaultSelector()
        self.web = web_child(plan)
        self.queue = queue_child(plan)
        self.probe = WebProbe(self.selector, plan.probe_address)
        self.sign = SignOfLife(plan.run_dir / "qcluster.alive")
        self.door = ModelDoor(
            self.selector, socket.socket(fileno=plan.model_fd), plan.manage, self._start
        )
        self.announced = False
        self.stop_at = 0.0  # when patience ends; 0 = not stopping
        self.killed = False
        self.started_at = time.monotonic()

    def run(self) -> None:
        self._listen_for_signals()
        while True:
            now = time.monotonic()
            self._reap()
            if not self.stop_at:
                self._start_what_is_due(now)
                self._watch(now)
            elif self._has_stopped(now):
                break
            self._wait(now)
        for _ in range(100):  # last words
            if not self._handle_events(0):
                break
        self.door.close()
        self.output.say("stopped")

    # Starting

    def _children(self) -> list[Child]:
        return [self.web, self.queue, self.door.host]

    def _start_what_is_due(self, now: float) -> None:
        for child in (self.web, self.queue):
            if not child.running and now >= child.start_at:
                self._start(child)

    def _start(self, child: Child) -> None:
        if child is self.web:
            self.probe.begin()
        if child is self.queue:
            self.sign.begin()
        try:
            pipe = child.start()
        except OSError as error:
            child.start_at = time.monotonic() + 2.0
            self.output.say(f"{child.name} could not be started: {error}")
            return
        lines = Lines(child.name, pipe, self.output)
        self.selector.register(pipe, selectors.EVENT_READ, lambda: self._read(lines))

    # Watching

    def _wait(self, now: float) -> None:
        wake_at = [now + TICK]
        if self.stop_at:
            wake_at.append(self.stop_at)
        else:
            wake_at += [c.start_at for c in (self.web, self.queue) if not c.running]
            wake_at += [self.probe.wake_at()] if self.web.running else []
            wake_at.append(self.door.wake_at())
        self._handle_events(max(0.0, min(wake_at) - now) + 0.001)

    def _handle_events(self, timeout: float) -> bool:
        events = self.selector.select(timeout)
        for key, _ in events:
            happened: Callable[[], None] = key.data
            happened()
        return bool(events)

    def _read(self, lines: Lines) -> None:
        if not lines.read():
            self.selector.unregister(lines.pipe)
            os.close(lines.pipe)

    def _reap(self) -> None:
        for child in self._children():
            pid, status = child.pid, child.reap()
            if status is not None and not self.stop_at:
                how = f"signal {-status}" if status < 0 else f"status {status}"
                self.output.say(f"{child.name} ({pid}) ended with {how} after {child.age():.0f} s")

    def _watch(self, now: float) -> None:
        self.door.tick(now)
        if self.web.running:
            self._watch_web(now)
        if self.queue.running and self.sign.lost(now):
            self.output.say("queue stands still and is restarted")
            self.queue.kill_group()
            self.sign.begin()

    def _watch_web(self, now: float) -> None:
        self.probe.tick(now)
        if self.probe.answered_at and not self.announced:
            self.announced = True
            self.output.say(f"ready after {self.probe.answered_at - self.started_at:.1f} s")
        if self.probe.dead(now):
            self.output.say("web does not answer and is restarted")
            self.web.kill_group()
            self.probe.begin()

    # Stopping

    def _listen_for_signals(self) -> None:
        ours, pythons = socket.socketpair()
        ours.setblocking(False)
        pythons.setblocking(False)
        signal.set_wakeup_fd(pythons.detach(), warn_on_full_buffer=False)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # started with nohup
            signal.signal(number, lambda *_: None)
        self.selector.register(ours, selectors.EVENT_READ, lambda: self._signalled(ours))

    def _signalled(self, signals: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            if STOP_SIGNALS.isdisjoint(signals.recv(4096)):
                return
            if self.stop_at:
                self._kill("killed, as asked twice")
            else:
                self._stop()

    def _stop(self) -> None:
        self.output.say("stopping; running calls get a few seconds to finish")
        self.stop_at = time.monotonic() + DRAIN
        os.close(WEB_FD)  # nobody new waits for a web server that will not come
        for child in self._children():
            child.signal(signal.SIGTERM)

    def _has_stopped(self, now: float) -> bool:
        if not any(child.running for child in self._children()):
            return True
        if now <= self.stop_at:
            return False
        if not self.killed:
            self._kill("killed: the time to finish is over")
            return False
        return True  # killed and still there: stuck in the kernel, and beyond our reach

    def _kill(self, why: str) -> None:
        names = [child.name for child in self._children() if child.running]
        self.output.say(f"{' and '.join(names)} {why}")
        for child in self._children():
            child.kill_group()
        self.killed = True
        self.stop_at = time.monotonic() + 1.0


def web_child(plan: Plan) -> Child:
    family = "INET6" if ":" in plan.host else "INET"
    command = [
        *(sys.executable, "-m", "daphne", "-v", "0"),
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
    )


def queue_child(plan: Plan) -> Child:
    return Child(
        "queue",
        [sys.executable, plan.manage, "qcluster"],
        environment=lambda: {**FEW_ARENAS, "PANIC_WORKERS": str(plan.workers)},
    )
