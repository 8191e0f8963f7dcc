"""One broadcast on this machine: its program, its encoder, and the senders to its targets."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings

from .child_process import ChildProcess
from .encoder.clock import time_of
from .encoder.protocol import EncoderReport, Picture, read_report
from .models import Broadcast, QuarantinedItem, StreamTarget
from .pictures import PLAY, slate
from .program import OnAir, StreamProgram
from .sender import TargetSender
from .states import StreamState

logger = logging.getLogger(__name__)
SILENT_SECONDS = 5.0
TROUBLE_DEATHS = 4  # so many early deaths in a row are trouble


class EncoderProcess:
    """The encoder of a broadcast, the newest of its processes."""

    def __init__(self, channel: str) -> None:
        self.report = EncoderReport()
        self.ended = EncoderReport()  # figures of the processes that are gone, added up
        fonts = str(settings.DATA_DIR / "fonts")
        self._child = ChildProcess(
            "streams.encoder", [channel, fonts], self._hear, silent_seconds=SILENT_SECONDS
        )
        self._told: Picture | None = None
        self._shown = ("", 0)  # the picture that was on last, and the frame with which it began

    @property
    def restarts(self) -> int:
        return max(0, self._child.starts - 1)

    @property
    def is_in_trouble(self) -> bool:
        return self._child.early_deaths >= TROUBLE_DEATHS

    @property
    def late_frames(self) -> int:
        return self.ended.late_frames + self.report.late_frames

    @property
    def cpu_seconds(self) -> float:
        return self.ended.cpu_seconds + self.report.cpu_seconds

    def keep_alive(self) -> str:
        """The key of the picture that an encoder was getting ready when it ended, if it has; else empty."""
        if not self._child.keep_alive():
            return ""
        before, told, self._told = self.report, self._told, None
        self.ended = replace(before, late_frames=self.late_frames, cpu_seconds=self.cpu_seconds)
        self.report = EncoderReport(segment_at=before.segment_at)
        if told and before.begun == told.key:
            return told.key
        if told:
            self.show(told)
        return ""

    def show(self, picture: Picture) -> None:
        """One that was on when an encoder ended goes on."""
        if self._told is None or picture.key != self._told.key:
            self._told = picture
            began = self.began_at(picture) or picture.began
            self._child.tell(replace(picture, began=began).to_line())

    def began_at(self, picture: Picture) -> int:
        """The frame with which it began, where it was on last; else 0."""
        key, began = self._shown
        return began if key == picture.key else 0

    def forget(self, key: str) -> None:
        """That it was told this picture: it is told once more."""
        if self._told is not None and self._told.key == key:
            self._told = None

    def stop(self) -> None:
        self._child.stop()

    def _hear(self, line: str) -> None:
        if (report := read_report(line)) is not None:
            self.report = report
            if report.shown:
                self._shown = (report.shown, report.began)


class OnAirBroadcast:
    """Asked once a second to do what is due."""

    def __init__(self, broadcast: Broadcast, holder: str) -> None:
        self.broadcast = broadcast
        self._holder = holder
        self._program = StreamProgram(broadcast)
        self._encoder = EncoderProcess(broadcast.channel)
        self._senders: dict[int, TargetSender] = {}
        self._on_air: OnAir | None = None
        self._ended_with = ""  # the picture that an encoder was getting ready when it ended
        self._failures = 0  # of the encoder that runs, those that are written down
        self._noted = (0, 0.0, 0)

    def begin(self) -> None:
        self._encoder.keep_alive()

    def show_next(self, at: datetime, *, halted: bool) -> None:
        """May raise DatabaseError; the encoder goes on with what it has."""
        self._on_air = self._program.next_picture(at, halted=halted)
        self._encoder.show(self._on_air.picture)
        self._note_failures(at)
        self._note_state()

    def show_trouble(self, words: str) -> None:
        """Without the database."""
        self._encoder.show(slate(self.broadcast.network, "trouble", words))

    def keep_alive(self, at: datetime) -> None:
        """The processes only; what ended an encoder is written down by `show_next`."""
        self._ended_with = self._encoder.keep_alive() or self._ended_with
        for sender in self._senders.values():
            sender.keep_alive(at)

    def update(self, broadcast: Broadcast, targets: Iterable[StreamTarget]) -> None:
        """What people changed."""
        self._program.broadcast.bed = broadcast.bed
        self._program.broadcast.outside_hours = broadcast.outside_hours
        self._program.network.__dict__.update(
            name=broadcast.network.name,
            caption=broadcast.network.caption,
            replay=broadcast.network.replay,
            opening_hours=broadcast.network.opening_hours,
        )
        wanted = {target.pk: target for target in targets}
        for pk in self._senders.keys() - wanted.keys():
            self._senders.pop(pk).stop()
        for pk, target in wanted.items():
            known = self._senders.get(pk)
            if known is None or not known.is_for(target):
                if known is not None:
                    known.stop()
                self._senders[pk] = TargetSender(target, self.broadcast.channel)

    def note_figures(self) -> None:
        report, before = self._encoder.report, self._noted
        now = (self._encoder.late_frames, self._encoder.cpu_seconds, self._encoder.restarts)
        self._noted = now
        self.broadcast.note_figures(
            holder=self._holder,
            late_frames=max(0, now[0] - before[0]),
            cpu_seconds=max(0.0, now[1] - before[1]),
            restarts=max(0, now[2] - before[2]),
            segment_at=_time(report.segment_at),
        )

    def stop(self) -> None:
        for sender in self._senders.values():
            sender.stop()
        self._encoder.stop()
        self._program.close()

    def _note_failures(self, at: datetime) -> None:
        """A picture is tried again until its third failure; then it is never shown again."""
        report, ended_with, self._ended_with = self._encoder.report, self._ended_with, ""
        if ended_with:
            self._count_failure(ended_with, "the encoder ended while it made this ready", at)
        if report.failures != self._failures:
            self._failures = report.failures
            if report.failures:
                self._count_failure(report.failed, report.reason, at)
                self._encoder.forget(report.failed)

    def _count_failure(self, key: str, reason: str, at: datetime) -> None:
        key, _, _ = key.partition(PLAY)
        logger.warning("the stream could not show %s: %s", key, reason)
        if QuarantinedItem.count_failure(self.broadcast.network, key, reason, at=at):
            self._program.note_quarantine(key)

    def _note_state(self) -> None:
        if self._encoder.is_in_trouble:
            new = StreamState.TROUBLE
        elif not self._encoder.report.segment_at or self._on_air is None:
            new = StreamState.STARTING
        else:
            new = self._on_air.state
        on_air = self._on_air
        step, film = (on_air.step, on_air.film) if on_air else (None, None)
        began = self._encoder.began_at(on_air.picture) if on_air and film else 0
        film_since = _time(time_of(began)) if began else None
        self.broadcast.note_shown(step, film, film_since, holder=self._holder)
        if new != self.broadcast.state:
            self.broadcast.move(new, holder=self._holder)


def _time(unix_time: float) -> datetime | None:
    return datetime.fromtimestamp(unix_time, UTC) if unix_time else None
