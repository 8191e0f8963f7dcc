"""Frames and sound as an MPEG transport stream, cut at each key frame into segments of HLS."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import av
import numpy as np

from assets.rolling import RollingChannel, RollingLimits

from .canvas import HEIGHT, WIDTH, Planes
from .clock import FPS, SEGMENT_FRAMES, time_of
from .playlist import LISTED, PLAYLIST_NAME, playlist
from .sound import RATE, Samples

LIMITS = RollingLimits(max_segments=LISTED + 4, max_segment_bytes=20_000_000)
PACKET = 188  # bytes of the transport stream
SOUND_BLOCK = 1024  # samples of a frame of AAC
VIDEO_OPTIONS = {
    "preset": "veryfast",
    "profile": "high",
    "crf": "23",
    "maxrate": "4M",
    "bufsize": "8M",
    "g": str(SEGMENT_FRAMES),
    "sc_threshold": "0",
    "forced-idr": "1",
    "bf": "2",
    "rc-lookahead": "10",
    "threads": "1",
    "lookahead-threads": "1",
}
MUXER_OPTIONS = {"flush_packets": "1", "pat_period": "86400", "sdt_period": "86400"}
Publish = Callable[[bytes, int, int], None]


class SegmentCutter:
    """A file for the muxer, which writes its table of programs before each key frame: there it is cut."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._written = bytearray()
        self._at = 0  # up to where it was looked at
        self.key_frames: deque[int] = deque()

    def write(self, data: bytes) -> int:
        self._written += data
        while self._at + PACKET <= len(self._written):
            high, low = self._written[self._at + 1] & 0x1F, self._written[self._at + 2]
            if self._at and not high and not low:  # packet 0: the table begins anew
                self._cut()
            self._at += PACKET
        return len(data)

    def _cut(self) -> None:
        segment = bytes(self._written[: self._at])
        del self._written[: self._at]
        self._at = 0
        if len(self.key_frames) >= 2:
            begins = self.key_frames.popleft()
            self._publish(segment, begins, self.key_frames[0])


class Encoding:
    """Encodes frames by their number and the sound that belongs to them. A frame that is left out is
    seen as a longer one before it; the sound has no gap."""

    def __init__(self, publish: Publish, first: int) -> None:
        self._cutter = SegmentCutter(publish)
        self._muxer: Any = av.open(
            self._cutter, "w", format="mpegts", options=MUXER_OPTIONS, buffer_size=PACKET * 64
        )
        video = self._muxer.add_stream("libx264", rate=FPS, options=VIDEO_OPTIONS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.time_base = Fraction(1, FPS)
        video.codec_context.colorspace = video.codec_context.color_primaries = 1  # BT.709
        video.codec_context.color_trc, video.codec_context.color_range = 1, 1
        sound = self._muxer.add_stream("aac", rate=RATE, layout="stereo")
        sound.bit_rate = 128_000
        self._video, self._sound = video, sound
        self._planes: Planes | None = None
        self._frame: Any = None
        self._segment = -1
        self._is_after_key_frame = False  # the muxer writes no table between two of them
        self.samples = round(first * RATE / FPS)  # those before it are none of ours

    def add_frame(self, number: int, planes: Planes) -> None:
        if planes is not self._planes:
            self._planes = planes
            self._frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame, segment = self._frame, number // SEGMENT_FRAMES
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        frame.pict_type = 1 if segment != self._segment else 0
        self._segment = segment
        for packet in self._video.encode(frame):
            if packet.is_keyframe and not self._is_after_key_frame:
                self._cutter.key_frames.append(round((packet.pts or 0) * packet.time_base * FPS))
            self._is_after_key_frame = packet.is_keyframe
            self._muxer.mux(packet)

    def add_sound(self, until: int, read: Callable[[int], Samples]) -> None:
        """The blocks that begin before the frame `until`."""
        due = until * RATE // FPS
        while self.samples < due:
            block = np.ascontiguousarray(read(SOUND_BLOCK))
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, self.samples, Fraction(1, RATE)
            self.samples += SOUND_BLOCK
            for packet in self._sound.encode(frame):
                self._muxer.mux(packet)


class Publication:
    """Puts the segments of one encoder where they are served from, and lists them."""

    def __init__(self, channel: str) -> None:
        self._channel = RollingChannel(channel, LIMITS)
        newest = self._channel.segments()[-1:]
        self.newest_end: float | None = None
        if newest:
            self.newest_end = newest[0].created_at.timestamp() + newest[0].seconds
        self._goes_on = not newest  # from the one before it; the first one ever is no break

    def publish(self, data: bytes, begins: int, ends: int) -> None:
        """Where that fails, the next one is marked as a break, for one is missing between them."""
        is_break, self._goes_on = not self._goes_on, False
        self._channel.append(
            [data],
            seconds=(ends - begins) / FPS,
            extension="ts",
            at=datetime.fromtimestamp(time_of(begins), UTC),
            is_break=is_break,
        )
        self._goes_on, self.newest_end = True, time_of(ends)
        listed = self._channel.segments()[-LISTED:]
        unlisted = self._channel.segments()[:-LISTED]
        breaks = self._channel.expired_breaks() + sum(one.is_break for one in unlisted)
        whole = self._channel.folder / PLAYLIST_NAME
        draft = whole.with_suffix(".new")
        draft.write_text(playlist(listed, breaks))
        draft.replace(whole)
