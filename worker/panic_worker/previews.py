"""Sends the newest preview of work that is under way: a picture that its program writes again and again.

Nobody waits for it. While one is being sent no other is read, so that the newest is always the next; one
that was read half-written is refused by the server, and followed by the whole one.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from .api import FarmApi
from .backoff import Backoff
from .failures import CallRefused, SecretRefused, ServerAway, StaleAttempt

logger = logging.getLogger(__name__)

MAX_BYTES = 1_000_000  # the server takes no larger one
BEGINNINGS = {b"\xff\xd8": "image/jpeg", b"\x89PNG": "image/png"}


class PreviewSender:
    """Of one attempt: from `watch` to `close` a thread looks every `seconds` whether the file is another."""

    def __init__(self, token: str, api: FarmApi, backoff: Backoff, seconds: float) -> None:
        self._token = token
        self._api = api
        self._backoff = backoff
        self._seconds = seconds
        self._closed = threading.Event()
        self._seen: tuple[int, int] | None = None

    def watch(self, path: Path) -> None:
        thread = threading.Thread(target=self._run, args=(path,), name="preview", daemon=True)
        thread.start()

    def close(self) -> None:
        """Does not wait for what is being sent: the server has no use for it any more."""
        self._closed.set()

    def _run(self, path: Path) -> None:
        wait = self._seconds
        while not self._closed.wait(wait):
            wait = self._seconds
            try:
                self._send_newest(path)
            except (StaleAttempt, SecretRefused):  # the renewals say so too, and act on it
                return
            except CallRefused as error:
                logger.info("a preview was refused: %s", error)
            except ServerAway as error:
                wait = max(wait, self._backoff.next_wait(error.retry_after))
                self._seen = None
            except OSError as error:
                logger.info("a preview cannot be read: %s", error)

    def _send_newest(self, path: Path) -> None:
        """Nothing where it is the same as before, or no picture yet."""
        if not path.is_file():
            return
        found = path.stat()
        seen = (found.st_mtime_ns, found.st_size)
        if seen == self._seen or found.st_size > MAX_BYTES:
            return
        content = path.read_bytes()
        self._seen = seen
        for beginning, content_type in BEGINNINGS.items():
            if content.startswith(beginning):
                self._api.put_preview(self._token, content, content_type)
                self._backoff.succeeded()
