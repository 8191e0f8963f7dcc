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
FIRST_PICTURE_SECONDS = 1.0  # so long it waits for what to begin with
logger = logging.getLogger("streams.encoder")


class Encoder:
    """One channel, from its first frame on."""

    def __init__(self, channel: str, fonts: list[Path], pictures: Iterator[Picture]) -> None:
        self._pictures = pictures
        self._told: Picture | None = None
        self._first = threading.Event()
        threading.Thread(target=self._listen, daemon=True, name="host").start()
        self._first.wait(FIRST_PICTURE_SECONDS)
        self._mixer = Mixer()
        self._screen = Screen(Canvas(fonts), Picture("", "slate", text="…"), self._changed)
        self._publication = Publication(channel)
        now = steady_now()
        first = first_frame(self._publication.newest_end, now())
        self._clock = FrameClock(first, now)
        self._encoding = Encoding(self._publish, first)
        self._reported_at = 0.0

    def run(self) -> None:
        """For ever."""
        while True:
            self._report()
            number = self._clock.next_frame()
            if number is None:
                time.sleep(self._clock.seconds_to_wait())
                continue
            told, self._told = self._told, None
            if told is not None:
                self._screen.show(told)
            self._encoding.add_frame(number, self._screen.planes(number))
            self._encoding.add_sound(number + 1, self._mixer.read)

    def _listen(self) -> None:
        for picture in self._pictures:
            self._told = picture
            self._first.set()
        os._exit(0)  # the host has closed its end: it wants no more of this

    def _changed(self, picture: Picture) -> None:
        if picture.once:
            self._mixer.play_film(picture.sound)
        else:
            self._mixer.play(picture.sound, picture.bed)

    def _publish(self, data: bytes, begins: int, ends: int) -> None:
        try:
            self._publication.publish(data, begins, ends)
        except (StorageFull, StorageUnavailable, OSError) as error:
            logger.warning("a segment was not published: %s", error)

    def _report(self) -> None:
        now = time.monotonic()
        if now - self._reported_at < REPORT_SECONDS:
            return
        self._reported_at = now
        used = resource.getrusage(resource.RUSAGE_SELF)
        report = EncoderReport(
            late_frames=self._clock.late_frames,
            cpu_seconds=round(used.ru_utime + used.ru_stime, 2),
            segment_at=self._publication.newest_end or 0.0,
            shown=self._screen.shown.key,
            begun=self._screen.begun,
            failures=self._screen.failures,
            failed=self._screen.failed,
            reason=self._screen.reason,
        )
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
