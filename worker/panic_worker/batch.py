"""Attempts that a handler does in one go. Each is still an attempt of its own, with its thread, renewals, log and
outcome (`attempt`): here they meet for the time of the handler's work.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from .failures import WorkStopped
from .handlers.base import Handler, Work, WorkResult
from .stopping import StopSignal


class WorkBatch:
    """Begins once each of `tokens` has come (`run`) or will not come (`leave`).

    One that is stopped goes without the others; the handler is stopped with the last of them, which
    waits until it has ended.
    """

    def __init__(self, name: str, handler: Handler, folder: Path, tokens: Iterable[str]) -> None:
        self.name = name
        self._handler = handler
        self._scratch = folder
        self._awaited = set(tokens)
        self._works: dict[str, Work] = {}
        self._results: dict[str, WorkResult | Exception] = {}
        self._changed = threading.Condition()
        self._stop = StopSignal()
        self._has_begun = self._has_ended = False

    def run(self, work: Work) -> WorkResult:
        """Its own result of what is done for all. Raises what the handler raises, and WorkStopped."""
        with self._changed:
            self._works[work.key] = work
            self._awaited.discard(work.key)
            self._begin_if_complete()
        work.stop.on_request(self._note_stop)
        with self._changed:
            self._changed.wait_for(lambda: self._has_ended or self._may_go(work))
            result = self._results.get(work.key)
        if result is None:
            raise WorkStopped(work.stop.sentence)
        if isinstance(result, Exception):
            raise result
        return result

    def leave(self, token: str) -> None:
        """The others wait for it no longer. Changes nothing once they have begun."""
        with self._changed:
            if not self._has_begun:
                self._works.pop(token, None)
                self._awaited.discard(token)
                self._begin_if_complete()

    def _may_go(self, work: Work) -> bool:
        return work.stop.is_requested and not self._stop.is_requested

    def _note_stop(self) -> None:
        with self._changed:
            works = self._works.values()
            if self._has_begun and all(one.stop.is_requested for one in works):
                for one in works:
                    if one.stop.cause:
                        self._stop.request(one.stop.cause, one.stop.sentence)
            self._changed.notify_all()

    def _begin_if_complete(self) -> None:
        if self._awaited or self._has_begun:
            return
        self._has_begun = True
        works = [one for one in self._works.values() if not one.stop.is_requested]
        if works:
            threading.Thread(target=self._do, args=(works,), name="batch", daemon=True).start()
        else:
            self._end({})

    def _do(self, works: Sequence[Work]) -> None:
        try:
            folder = Path(tempfile.mkdtemp(prefix="batch-", dir=self._scratch))
            try:
                done = self._handler.run_batch(works, folder, self._stop)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            results = {one.key: result for one, result in zip(works, done, strict=True)}
        except Exception as error:  # the border of the thread: it is each one's own failure
            results = dict.fromkeys((one.key for one in works), error)
        self._end(results)

    def _end(self, results: dict[str, WorkResult | Exception]) -> None:
        with self._changed:
            self._results = results
            self._has_ended = True
            self._changed.notify_all()
