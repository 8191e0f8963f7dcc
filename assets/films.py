"""Writing pictures as H.264, each for as long as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from av.video.reformatter import ColorRange, Colorspace

TICK = Fraction(1, 90_000)  # seconds: the unit of a picture's time
QUALITY = 20  # H.264's constant rate factor: less is better
UNSPECIFIED = 2  # a colour space, in FFmpeg's numbers
HIGH_DEFINITION = 720  # lines: from here on players take colours that are not described as BT.709


class FilmEncoder:
    """Adds a stream of H.264 to an opened MP4: pictures of one size with even sides, as `as_h264` gives
    them. `rate` is about how many there are in a second; `primaries` and `transfer` are FFmpeg's numbers."""

    def __init__(
        self,
        result: Any,
        size: tuple[int, int],
        *,
        rate: Fraction,
        quality: int = QUALITY,
        primaries: int = UNSPECIFIED,
        transfer: int = UNSPECIFIED,
    ) -> None:
        # Without B-frames: FFmpeg's muxer adds up decoding times, so that with them a video of uneven frame
        # times says that it is much shorter than it is (findings/pyav-uneven-frame-times.sh).
        options = {"preset": "veryfast", "crf": str(quality), "bf": "0"}
        self._stream = result.add_stream("libx264", rate=rate, options=options)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.time_base = TICK
        context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
        # Chromium goes by the height of a video that does not say all of them.
        context.color_primaries = _said(primaries)
        context.color_trc = _said(transfer)
        self._latest = -1
        self._lengths: dict[int, int] = {}

    def encode(self, picture: Any, at: Fraction, length: Fraction) -> Iterator[Any]:
        """The packets that are ready, of a picture that stands from `at` on; both are in seconds, 0 = as
        long as the encoder thinks."""
        picture.pict_type = 0  # the encoder chooses its own key frames
        picture.pts = self._latest = max(round(at / TICK), self._latest + 1)
        picture.time_base = TICK
        self._lengths[picture.pts] = round(length / TICK)
        yield from self._packets(picture)

    def finish(self) -> Iterator[Any]:
        """The packets that are left."""
        yield from self._packets(None)

    def _packets(self, picture: Any) -> Iterator[Any]:
        for packet in self._stream.encode(picture):
            packet.duration = self._lengths.pop(packet.pts, 0) or packet.duration
            yield packet


def _said(number: int) -> int:
    """What a video says of its colours, or else what most mean: BT.709."""
    return 1 if number in {0, UNSPECIFIED} else number


def as_h264(frame: Any, width: int, height: int) -> Any:
    """The picture in the colours that the encoder says it has. What does not say its own is taken as
    players take it: by its height."""
    unsaid = frame.colorspace == UNSPECIFIED and not frame.format.is_rgb
    return frame.reformat(
        width,
        height,
        "yuv420p",
        src_colorspace=Colorspace.ITU709 if unsaid and frame.height >= HIGH_DEFINITION else None,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
