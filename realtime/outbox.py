"""What one socket is still to be sent, and how far ahead of its acknowledgements that may go."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from .places import Joined
from .streams import Encoded, Stream

WINDOW = 64
WINDOW_SECONDS = 10.0
_BURST = 32


class Outbox:
    """A socket's own place in its stream.

    With `window` None nothing is held back. Otherwise at most that many frames are out and not
    acknowledged; `stalled(now)` once that has been so for ten seconds.
    """

    def __init__(self, joined: Joined, window: int | None) -> None:
        self._stream: Stream = joined.stream
        self._at = joined.at
        self._backlog = deque(joined.backlog)
        self._window = window
        self._unacked: deque[str] = deque()
        self._full_since: float | None = None

    def take(self, now: float) -> list[Encoded]:
        """The next frames to send, in order; they count as sent. Raises `Lagged`."""
        room = _BURST
        if self._window is not None:
            room = min(room, self._window - len(self._unacked))
        frames = self._next(room) if room > 0 else []
        if self._window is not None:
            self._unacked.extend(frame.cursor for frame in frames)
            if len(self._unacked) >= self._window and self._full_since is None:
                self._full_since = now
        return frames

    def pass_on(self, frames: Sequence[Encoded]) -> bool:
        """Count the newest frames of the stream as sent, where they are all that is to be sent and
        the window stays open behind them."""
        if self._backlog or self._at + len(frames) != self._stream.count:
            return False
        if self._window is not None:
            if len(self._unacked) + len(frames) >= self._window:
                return False
            self._unacked.extend([frame.cursor for frame in frames])
        self._at += len(frames)
        return True

    def _next(self, room: int) -> list[Encoded]:
        if self._backlog:
            return [self._backlog.popleft() for _ in range(min(room, len(self._backlog)))]
        frames = self._stream.since(self._at, room)
        self._at += len(frames)
        return frames

    def acknowledge(self, cursor: str) -> None:
        """Everything up to `cursor` was drawn. A cursor that is not under way changes nothing."""
        if cursor not in self._unacked:
            return
        while self._unacked.popleft() != cursor:
            pass
        self._full_since = None

    @property
    def caught_up(self) -> bool:
        return not self._backlog and self._at == self._stream.count

    def stalled(self, now: float) -> bool:
        return self._full_since is not None and now - self._full_since >= WINDOW_SECONDS
