"""What the worker does at the moment: each piece of work in a thread of its own. A batch takes one place."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from .api import GivenWork
from .failures import WorkerError
from .stopping import StopCause, StopSignal

logger = logging.getLogger(__name__)

REMEMBERED = 256  # of those that have ended: an answer that was under way may still name them


class SlotWork(Protocol):
    """An attempt, or an outcome that is left over from an earlier run. Those of one `place` count once."""

    token: str
    place: str
    stop: StopSignal
    delivery_stop: StopSignal

    @property
    def following(self) -> Sequence[GivenWork]:
        """What the server gave with its answer to the outcome."""
        ...

    def run(self) -> None:
        """Until it is handed in."""
        ...

    def clean_up(self) -> None:
        """What remains to be done when its place is somebody else's."""
        ...


class Slots:
    """At most `total` pieces of work, unless the server gives more. `on_error` gets what ends the program,
    `on_following` what a piece of work was answered with, before its place is free."""

    def __init__(
        self,
        total: int,
        on_error: Callable[[WorkerError], None],
        on_following: Callable[[Sequence[GivenWork]], object],
    ) -> None:
        self.total = total
        self._on_error = on_error
        self._on_following = on_following
        self._changed = threading.Condition()
        self._busy: dict[str, SlotWork] = {}
        self._done: deque[str] = deque(maxlen=REMEMBERED)
        self._closed = False
        self._nudged = False

    def begin(self, work: SlotWork) -> bool:
        """False where it is under way or has ended already, or nothing may begin any more."""
        with self._changed:
            if self._closed or work.token in self._busy or work.token in self._done:
                return False
            self._busy[work.token] = work
        threading.Thread(target=self._run, args=(work,), name="work", daemon=True).start()
        return True

    def is_busy_with(self, token: str) -> bool:
        with self._changed:
            return token in self._busy

    def tokens(self) -> list[str]:
        """Of what is under way."""
        with self._changed:
            return list(self._busy)

    def nudge(self) -> None:
        """End the present or next wait of the thread that claims."""
        with self._changed:
            self._nudged = True
            self._changed.notify_all()

    def wait_for_free(self) -> int:
        """How many are free; 0 only where `nudge` or `close` ended the wait."""
        with self._changed:
            self._changed.wait_for(lambda: self._free > 0 or self._is_interrupted)
            self._nudged = False
            return self._free

    def wait_for_change(self, seconds: float) -> None:
        """Until one has ended, the wait is interrupted, or the time is over."""
        with self._changed:
            before = set(self._busy)
            self._changed.wait_for(
                lambda: set(self._busy) != before or self._is_interrupted, seconds
            )
            self._nudged = False

    def wait_until_idle(self) -> bool:
        """Whether nothing is under way; False where the wait was interrupted."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy or self._is_interrupted)
            self._nudged = False
            return not self._busy

    def wait_until_empty(self, seconds: float) -> None:
        """For who ends the program: until nothing is under way, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, seconds)

    @property
    def _free(self) -> int:
        return max(0, self.total - len({work.place for work in self._busy.values()}))

    @property
    def _is_interrupted(self) -> bool:
        return self._nudged or self._closed

    def close(self) -> None:
        """Begin nothing more, and stop what is under way; what is done is still handed in."""
        with self._changed:
            self._closed = True
            under_way = list(self._busy.values())
            self._changed.notify_all()
        for work in under_way:
            work.stop.request(StopCause.SHUTDOWN, "The worker ends.")

    def abandon(self) -> None:
        """Stop handing in as well; the outbox keeps it for the next start."""
        with self._changed:
            under_way = list(self._busy.values())
        for work in under_way:
            work.delivery_stop.request(StopCause.SHUTDOWN)

    def _run(self, work: SlotWork) -> None:
        try:
            work.run()
            if work.following:
                self._on_following(work.following)
        except WorkerError as error:
            self._on_error(error)
        except Exception:  # the border of the thread: the slot must be free again
            logger.exception("a slot failed")
        finally:
            with self._changed:
                self._busy.pop(work.token, None)
                self._done.append(work.token)
                self._changed.notify_all()
            work.clean_up()
