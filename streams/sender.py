"""The process that sends a broadcast to one target, as the host keeps it."""

from __future__ import annotations

import json
from datetime import datetime

from django.utils import timezone

from .child_process import ChildProcess, parse_object
from .models import StreamTarget
from .states import TargetState

SILENT_SECONDS = 20.0  # a connection on which nothing moves for so long is given up


class TargetSender:
    def __init__(self, target: StreamTarget, channel: str) -> None:
        self._target = target
        self._identity = _identity(target)
        self._channel = channel
        self._state, self._error = TargetState.CONNECTING, ""
        self._noted: tuple[str, str] | None = None
        self._child = ChildProcess("streams.push", [], self._hear, silent_seconds=SILENT_SECONDS)

    def is_for(self, target: StreamTarget) -> bool:
        return _identity(target) == self._identity

    def keep_alive(self, at: datetime) -> None:
        """Its address goes by standard input, where no list of processes shows it."""
        if self._child.keep_alive():
            given = {
                "folder": self._channel,
                "destination": self._target.destination or "",
                "private_allowed": self._target.private_allowed,
            }
            self._child.tell(json.dumps(given) + "\n")
        if (now := (self._state, self._error)) != self._noted:
            self._noted = now
            self._target.note(self._state, at=at, error=self._error or None)

    def stop(self) -> None:
        self._child.stop()
        self._target.note(TargetState.OFF, at=timezone.now())

    def _hear(self, line: str) -> None:
        said = parse_object(line)
        if (state := str(said.get("state"))) in TargetState.values:
            self._state = TargetState(state)
            self._error = str(said.get("error") or "")[:300]


def _identity(target: StreamTarget) -> tuple[object, ...]:
    return (target.destination, target.private_allowed)
