"""Previews of work under way: small pictures that a worker sends while it has a step. The newest wins.

They are decoded whole and drawn anew before anybody sees them, by one thread of this process, a run at a time in
turn: a busy run keeps nobody else waiting. Where they are kept is said in `preview_store`.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from io import BytesIO

from lib.database_thread import close_connection
from lib.token_buckets import Buckets

from . import preview_store
from .events import send_previewed

logger = logging.getLogger(__name__)

MAX_PIXELS = 16_000_000
MAX_SIDE = 960  # of what is shown
MAX_WAITING = 64
PER_MINUTE = 60  # of one attempt
CONTENT_TYPES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}  # how they begin
_IDLE_SECONDS = 5.0  # then the thread ends
_sent = Buckets()


class PreviewTooOften(Exception):
    """Too many came, of this attempt or of all."""

    def __init__(self) -> None:
        super().__init__("Wait a second before the next preview.")


@dataclass(frozen=True, slots=True)
class Preview:
    """`turn`: of the run or film, one of which comes after the other. `name`: of the attempt, to those who see it.
    `worker`, `step`: public ids; `topic`: of the network; both empty for a film."""

    turn: str
    name: str
    worker: str
    content: bytes
    topic: str
    step: str


class PreviewQueue:
    """For each run the newest preview of each of its attempts."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, OrderedDict[str, Preview]] = OrderedDict()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._at_work = False

    def put(self, preview: Preview) -> None:
        """Raises PreviewTooOften where too many wait."""
        with self._changed:
            of_run = self._runs.get(preview.turn, OrderedDict())
            waiting = sum(map(len, self._runs.values()))
            if waiting >= MAX_WAITING and preview.name not in of_run:
                raise PreviewTooOften
            of_run[preview.name] = preview
            self._runs[preview.turn] = of_run
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="previews", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def take(self) -> Preview | None:
        """The next one: of the run whose turn it is, which then is the last in the row."""
        with self._changed:
            if not self._runs:
                return None
            run, of_run = self._runs.popitem(last=False)
            _, preview = of_run.popitem(last=False)
            if of_run:
                self._runs[run] = of_run
            return preview

    def wait_until_empty(self) -> None:
        """For tests."""
        with self._changed:
            self._changed.wait_for(lambda: not self._runs and not self._at_work)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._at_work = False
                self._changed.notify_all()
                if not self._changed.wait_for(lambda: bool(self._runs), _IDLE_SECONDS):
                    self._thread = None
                    return
                self._at_work = True
            if (preview := self.take()) is not None:
                _show(preview)


queue = PreviewQueue()


def send(preview: Preview) -> None:
    """To be decoded and shown. Raises PreviewTooOften."""
    if _sent.take(preview.name, PER_MINUTE):
        raise PreviewTooOften
    queue.put(preview)


def redrawn(content: bytes) -> bytes:
    """A small JPEG of it, without anything else that it carried. Raises whatever Pillow does."""
    from PIL import Image, ImageOps

    with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        image.load()
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((MAX_SIDE, MAX_SIDE))
    written = BytesIO()
    upright.save(written, "JPEG", quality=80)
    return written.getvalue()


def _show(preview: Preview) -> None:
    try:
        preview_store.keep(preview.name, redrawn(preview.content))
        send_previewed(preview.worker, preview.topic, preview.step)
    except Exception as error:  # a border: whatever a decoder makes of bytes that a stranger chose
        logger.info("preview %s is not shown: %r", preview.name, error)
    finally:
        close_connection()  # on Postgres a word to the pages is a query
