"""An encoder as a program: `python -m streams.encoder CHANNEL [FONT ...]`.

It publishes from its start, whatever it is told: first a slate, then each picture that the host names.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from assets.errors import StorageFull, StorageUnavailable
from lib.parent_process import end_with_parent

from .canvas import Canvas
from .clock import FrameClock, first_frame, steady_now
from .output import Encoding, Publication
from .protocol import EncoderReport, Picture, read_picture
from .screen import Screen
from .sound import Mixer

NICENESS = 3  # behind the web server and the workers
REPORT_SECONDS = 1.0
FIRST_PICTURE_SECONDS = (
    1.0  # so long it waits to be told what to begin with, and then for that to be ready
)
MAX_CLOCK_STEP = 5.0  # seconds by which the time of day may be set without a new encoder
logger = logging.getLogger("streams.encoder")


class Encoder:
    """One channel, from its first frame on."""

    def __init__(self, channel: str, fonts: list[Path], pictures: Iterator[Picture]) -> None:
        self._pictures = pictures
        self._told: Picture | None = None
        self._reporting = threading.Lock()
        self._first = threading.Event()
        threading.Thread(target=self._listen, daemon=True, name="host").start()
        self._first.wait(FIRST_PICTURE_SECONDS)
        self._mixer = Mixer()
        self._publication = Publication(channel)
        self._now = steady_now()
        first = first_frame(self._publication.newest_end, self._now())
        self._screen = Screen(Canvas(fonts), first, self._changed, self._report)
        self._clock = FrameClock(first, self._now)
        self._encoding = Encoding(self._publish, first)
        self._reported_at = 0.0

    def run(self) -> None:
        """Until the time of day is set: a new encoder goes by the new one."""
        self._make_first_ready()
        while abs(time.time() - self._now()) <= MAX_CLOCK_STEP:
            self._report_in_time()
            number = self._clock.next_frame()
            if number is None:
                time.sleep(self._clock.seconds_to_wait())
                continue
            told, self._told = self._told, None
            if told is not None:
                self._screen.show(told)
            self._encoding.add_frame(number, self._screen.planes(number))
            self._encoding.add_sound(number + 1, self._mixer.read)

    def _make_first_ready(self) -> None:
        """Nothing is encoded meanwhile, so that after a restart there is no slate between what was on and what is on."""
        if self._told is not None:
            told, self._told = self._told, None
            self._screen.show(told)
        until = time.monotonic() + FIRST_PICTURE_SECONDS
        while time.monotonic() < until and not self._screen.is_idle:
            time.sleep(0.01)

    def _listen(self) -> None:
        for picture in self._pictures:
            self._told = picture
            self._first.set()
        os._exit(0)  # the host has closed its end: it wants no more of this

    def _changed(self, picture: Picture, start: float) -> None:
        if picture.once:
            self._mixer.play_film(picture.sound, start)
        else:
            self._mixer.play(picture.sound, picture.bed, start)

    def _publish(self, data: bytes, begins: int, ends: int) -> None:
        try:
            self._publication.publish(data, begins, ends)
        except (StorageFull, StorageUnavailable, OSError) as error:
            logger.warning("a segment was not published: %s", error)

    def _report_in_time(self) -> None:
        now = time.monotonic()
        if now - self._reported_at >= REPORT_SECONDS:
            self._reported_at = now
            self._report()

    def _report(self) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        report = EncoderReport(
            late_frames=self._clock.late_frames,
            cpu_seconds=round(used.ru_utime + used.ru_stime, 2),
            segment_at=self._publication.newest_end or 0.0,
            shown=self._screen.shown.key,
            began=self._screen.began,
            begun=self._screen.begun,
            failures=self._screen.failures,
            failed=self._screen.failed,
            reason=self._screen.reason,
        )
        with self._reporting:
            sys.stdout.write(report.to_line())
            sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m streams.encoder")
    parser.add_argument("channel")
    parser.add_argument("fonts", nargs="*", type=Path)
    options = parser.parse_args()
    end_with_parent()
    os.nice(NICENESS)
    logging.basicConfig(format="{levelname} {name}: {message}", style="{", stream=sys.stderr)
    lines = (read_picture(line) for line in sys.stdin)
    Encoder(options.channel, options.fonts, (one for one in lines if one is not None)).run()


if __name__ == "__main__":
    main()
