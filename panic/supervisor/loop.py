"""The supervisor itself: starts the children, watches them, restarts those that have died, and ends them all."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from panic.supervisor.children import WEB_FD, Child, Plan, Watchdog, all_children
from panic.supervisor.output import Lines, LogOutput

TICK_SECONDS = 1.0
DRAIN_SECONDS = 8.0
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
        self.output = LogOutput(plan.log_file, as_json=plan.log_format == "json")
        self.selector = selectors.DefaultSelector()
        self.children = all_children(plan, self.selector)
        self.awaited: set[Child] = set()  # those that the next connection to their socket starts
        self.announced = False
        self.stop_at = 0.0  # when what still runs is killed; 0 = not stopping
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
        for _ in range(100):  # what they wrote last
            if not self._handle_events(0):
                break
        self._remove_sockets()
        self.output.say("stopped")

    # Starting

    def _start_what_is_due(self, now: float) -> None:
        for child in self.children:
            if child.running or child in self.awaited or now < child.start_at:
                continue
            if child.awaits_connection and child.listener is not None:
                self._await_connection(child, child.listener)
            else:
                self._start(child)

    def _await_connection(self, child: Child, listener: socket.socket) -> None:
        def start() -> None:
            self.selector.unregister(listener)  # from here on the child itself answers
            self.awaited.discard(child)
            if not self.stop_at:
                self._start(child)

        self.selector.register(listener, selectors.EVENT_READ, start)
        self.awaited.add(child)

    def _start(self, child: Child) -> None:
        try:
            pipe = child.start()
        except OSError as error:
            child.start_at = time.monotonic() + 2.0
            self.output.say(f"{child.name} could not be started: {error}")
            return
        if child.watchdog:
            child.watchdog.begin(child.pid)
        lines = Lines(child.name, pipe, self.output)
        self.selector.register(pipe, selectors.EVENT_READ, lambda: self._read(lines))

    # Watching

    def _wait(self, now: float) -> None:
        wake_at = [now + TICK_SECONDS]
        if self.stop_at:
            wake_at.append(self.stop_at)
        else:
            idle = (one for one in self.children if not one.running and one not in self.awaited)
            wake_at += [child.start_at for child in idle]
            wake_at += [watchdog.wake_at() for _, watchdog in self._watched()]
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
        for child in self.children:
            pid, status = child.pid, child.reap()
            if status is not None and not self.stop_at:
                how = f"signal {-status}" if status < 0 else f"status {status}"
                self.output.say(f"{child.name} ({pid}) ended with {how} after {child.age():.0f} s")

    def _watch(self, now: float) -> None:
        for child, watchdog in self._watched():
            watchdog.tick(now)
            if watchdog.is_lost(now):
                self.output.say(f"{child.name} {watchdog.complaint} and is restarted")
                child.kill_group()
                watchdog.give_up()
                watchdog.begin(child.pid)
        if not self.announced and all(dog.is_ready() for _, dog in self._watched()):
            self.announced = True
            self.output.say(f"ready after {now - self.started_at:.1f} s")

    def _watched(self) -> list[tuple[Child, Watchdog]]:
        return [(one, one.watchdog) for one in self.children if one.running and one.watchdog]

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
        self.stop_at = time.monotonic() + DRAIN_SECONDS
        os.close(WEB_FD)  # nobody new waits for a web server that will not come
        for child in self.children:
            child.signal(signal.SIGTERM)

    def _has_stopped(self, now: float) -> bool:
        if not any(child.running for child in self.children):
            return True
        if now <= self.stop_at:
            return False
        if not self.killed:
            self._kill("killed: the time to finish is over")
            return False
        return True  # killed and still there: stuck in the kernel, and beyond our reach

    def _remove_sockets(self) -> None:
        for listener in (child.listener for child in self.children if child.listener):
            path = listener.getsockname()
            listener.close()
            with contextlib.suppress(OSError):
                Path(path).unlink()

    def _kill(self, why: str) -> None:
        names = [child.name for child in self.children if child.running]
        self.output.say(f"{' and '.join(names)} {why}")
        for child in self.children:
            child.kill_group()
        self.killed = True
        self.stop_at = time.monotonic() + 1.0
