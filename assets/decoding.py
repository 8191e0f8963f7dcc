"""Decoding sounds and videos to their end, and what that finds out about them.

What a file says of itself is compared with what it has: a player believes the file.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import sentences
from .boxes import declared_by_mp4
from .containers import Container, codec_errors_as, first_streams, open_media
from .deadlines import DECODING_SECONDS, Deadline
from .errors import DamagedMedia, TooLarge
from .geometry import Geometry, geometry_of
from .headers import (
    counts_its_bytes,
    has_false_sizes,
    has_stray_parts,
    is_truncated,
    is_whole_mp3_frame,
)
from .kinds import LIMITS, MEGA, MediaKind, MediaLimits
from .unsupported import unknown_encoding
from .waveforms import loudness

if TYPE_CHECKING:
    from PIL import Image

logger = logging.getLogger(__name__)

# Bad packets that are tolerated: a flaw of an encoder is not a damaged file.
MAX_BAD_SHARE = 0.02
POSTER_AFTER = 0.5  # seconds; many videos begin with black
MAX_STEP_BACK = Fraction(1, 5)  # seconds; a time that goes back further begins anew
MAX_LATE_SECONDS = 0.5  # of nothing before the first sound or picture
# A length that is wrong by less is nothing that a viewer notices.
MAX_FALSE_SECONDS, MAX_FALSE_SHARE = 0.25, 0.01

# Texts that muxers write by themselves.
_TECHNICAL_TEXTS = {
    *("encoder", "major_brand", "minor_version", "compatible_brands"),
    *("language", "handler_name", "vendor_id", "duration", "alpha_mode"),
}
_MAX_TECHNICAL_TEXT = 40


class Timeline:
    """When frames stand, in seconds. Where a file begins anew within (it was joined from several, each
    counting from its own beginning) the times go on."""

    def __init__(self) -> None:
        self.start: Fraction | None = None
        self.latest = Fraction(0)  # the beginning of the latest frame
        self.end = Fraction(0)
        self._shift = Fraction(0)
        self._begins_anew = False

    def begin_anew(self) -> None:
        """The next frame is the first one of another file and follows at once."""
        self._begins_anew = self.start is not None

    def place(self, frame: Any) -> Fraction:
        """The time of the next frame, in the order of showing."""
        length = _length(frame)
        known = frame.pts is not None and frame.time_base
        at = frame.pts * frame.time_base + self._shift if known else self.end
        if self.start is None:
            self.start = self.end = self.latest = at
        if self._begins_anew or at < self.latest - MAX_STEP_BACK:
            self._shift += self.end - at
            at, self._begins_anew = self.end, False
        at = self.latest = max(at, self.latest)
        self.end = at + length if length or at > self.end else self.end
        return at


def _length(frame: Any) -> Fraction:
    """In seconds; 0 = the frame does not say."""
    if hasattr(frame, "samples"):
        return Fraction(frame.samples, frame.sample_rate)
    return Fraction((frame.duration or 0) * (frame.time_base or 0))


@dataclass(slots=True)
class DecodedTrack:
    """What decoding one stream found."""

    type: str  # "audio" or "video"
    codec: str
    pixels: str = ""
    width: int = 0
    height: int = 0
    channels: int = 0
    primaries: int = 2  # of its colours, and their transfer: FFmpeg's numbers, 2 = it does not say
    transfer: int = 2
    packets: int = 0
    bad: int = 0
    frames: int = 0
    ends_badly: bool = False
    changes: bool = False  # its size, rate or channels, which browsers do not follow
    geometry: Geometry = field(default_factory=Geometry)
    poster: Image.Image | None = field(default=None, repr=False)
    loudnesses: list[float] = field(default_factory=list, repr=False)  # of the frames of a sound
    times: Timeline = field(default_factory=Timeline, repr=False)
    _shape: tuple[Any, ...] = ()

    @property
    def start(self) -> Fraction:
        return self.times.start or Fraction(0)

    @property
    def end(self) -> Fraction:
        """When the last frame is over; one that does not say for how long it stands is like the rest."""
        if self.times.end > self.times.latest or self.frames < 2:
            return self.times.end
        return self.times.latest + (self.times.latest - self.start) / (self.frames - 1)

    def is_whole(self) -> bool:
        tolerable = self.bad <= MAX_BAD_SHARE * self.packets and not self.ends_badly
        return self.frames > 0 and tolerable

    def note_shape(self, *shape: Any) -> None:
        self.changes = self.changes or self._shape not in {(), shape}
        self._shape = shape


@dataclass(frozen=True, slots=True)
class DecodedMedia:
    """Files decoded to their end, one after the other if there are several."""

    parts: tuple[Path, ...]
    container: Container
    kind: MediaKind
    tracks: tuple[DecodedTrack, ...]
    tells_more: bool  # than how it is played
    declared: tuple[float, ...]  # seconds that it says it plays, in each place that says so
    is_complete: bool  # it counts its bytes or frames, and all are there

    def track(self, kind: str) -> DecodedTrack | None:
        return next((track for track in self.tracks if track.type == kind), None)

    @property
    def start(self) -> Fraction:
        return min(track.start for track in self.tracks)

    @property
    def seconds(self) -> float:
        """From the first sound or picture to the end of the last one."""
        return float(max(track.end for track in self.tracks) - self.start)

    @property
    def played_seconds(self) -> float:
        """The same as a header counts them."""
        return self.seconds + (float(self.start) if self.container.counts_from_zero else 0.0)

    @property
    def has_false_length(self) -> bool:
        allowed = max(MAX_FALSE_SECONDS, MAX_FALSE_SHARE * self.seconds)
        return any(abs(one - self.played_seconds) > allowed for one in self.declared)

    @property
    def begins_late(self) -> bool:
        return abs(self.start) > MAX_LATE_SECONDS

    @property
    def needs_rewriting(self) -> bool:
        """It says more than how it is played, or says that wrongly."""
        return self.tells_more or self.has_false_length or self.begins_late


def decode(parts: Sequence[Path], container: Container, asked: MediaKind) -> DecodedMedia:
    """Decode the files, which follow each other, to their end.

    Raises DamagedMedia, WrongMedia, UnsupportedMedia or TooLarge.
    """
    sentence = sentences.DAMAGED % {"noun": asked.noun}
    with codec_errors_as(sentence):
        decoded = _decode(parts, container, asked)
    if decoded is None or _ends_early(decoded):
        logger.info("%s %s is not whole: %r", asked, parts[0].name, decoded)
        raise DamagedMedia(sentence)
    return decoded


def _decode(parts: Sequence[Path], container: Container, asked: MediaKind) -> DecodedMedia | None:
    """None where a file says that it is cut short, or has nothing to play."""
    if any(is_truncated(part, container) for part in parts):
        return None
    tracks: dict[str, DecodedTrack] = {}
    declared: list[float] = []
    tells_more, is_complete = False, True
    deadline = Deadline(DECODING_SECONDS, "decode")
    for part in parts:
        with open_media(part, container) as media:
            streams = _asked_streams(media, asked)
            if not streams:
                return None
            _decode_part(media, streams, tracks, LIMITS[asked], deadline)
            tells_more = tells_more or _tells_more(media, streams)
            declared += _declared(media, part, container) if len(parts) == 1 else []
            is_complete = is_complete and _is_complete(part, container, streams, tracks)
    tells_more = tells_more or any(_says_wrongly(part, container) for part in parts)
    return DecodedMedia(
        tuple(parts),
        container,
        asked,
        tuple(tracks.values()),
        tells_more,
        tuple(declared),
        is_complete,
    )


def _declared(media: Any, part: Path, container: Container) -> list[float]:
    """The seconds that it says it plays: by its tracks, and by its file, which other players believe."""
    import av

    by_tracks = media.duration / av.time_base if media.duration else 0.0
    by_file = declared_by_mp4(part) if container.demuxer == "mov" else 0.0
    return [seconds for seconds in (by_tracks, by_file) if seconds]


def _asked_streams(media: Any, asked: MediaKind) -> list[Any]:
    streams = first_streams(media)
    if streams:
        moves = any(stream.type == "video" for stream in streams)
        asked.require(MediaKind.VIDEO if moves else MediaKind.AUDIO)
    if any(stream.codec_context is None for stream in streams):
        raise unknown_encoding(asked)
    return streams


def _ends_early(decoded: DecodedMedia) -> bool:
    if not all(track.is_whole() for track in decoded.tracks):
        return True
    # A header counts the encoder's silence too, so a little less than it says is not a loss.
    declared = max(decoded.declared, default=0.0)
    lost = declared - decoded.played_seconds
    counts = decoded.container.declares_length and not decoded.is_complete
    return counts and lost > max(0.5, 0.03 * declared)


def _says_wrongly(path: Path, container: Container) -> bool:
    return has_false_sizes(path, container) or has_stray_parts(path, container)


def _is_complete(
    path: Path, container: Container, streams: list[Any], tracks: dict[str, DecodedTrack]
) -> bool:
    if container.demuxer == "mov":  # counts the frames, unless they come in fragments
        return all(0 < stream.frames <= tracks[stream.type].packets for stream in streams)
    return counts_its_bytes(path, container)


def _tells_more(media: Any, streams: list[Any]) -> bool:
    """Whether it has texts, covers, subtitles or attachments besides what its players need."""
    texts = [*media.metadata.items(), *(pair for s in streams for pair in s.metadata.items())]
    technical = all(
        key.lower() in _TECHNICAL_TEXTS and len(value) <= _MAX_TECHNICAL_TEXT
        for key, value in texts
    )
    return not technical or len(media.streams) > len(streams) or bool(media.chapters())


def _decode_part(
    media: Any,
    streams: list[Any],
    tracks: dict[str, DecodedTrack],
    limits: MediaLimits,
    deadline: Deadline,
) -> None:
    import av

    for stream in streams:
        codec = stream.codec_context.codec.canonical_name
        track = tracks.setdefault(stream.type, DecodedTrack(stream.type, codec))
        track.changes = track.changes or track.codec != codec
        track.times.begin_anew()
    for packet in media.demux(streams):
        track = tracks[packet.stream.type]
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            frames = None
        if packet.size:  # the last, empty one only asks for what the decoder held back
            _judge(track, bytes(packet), decoded=frames is not None)
        for frame in frames or ():
            _count(track, packet.stream, frame, limits)
        deadline.check()


def _judge(track: DecodedTrack, packet: bytes, *, decoded: bool) -> None:
    if track.codec == "mp3" and not decoded and packet[:1] != b"\xff":
        return  # padding between or behind the frames, which players pass over
    track.packets += 1
    track.bad += not decoded
    whole = track.codec != "mp3" or is_whole_mp3_frame(packet)
    track.ends_badly = not decoded or not whole


def _count(track: DecodedTrack, stream: Any, frame: Any, limits: MediaLimits) -> None:
    track.frames += 1
    at = track.times.place(frame)
    if track.type == "audio":
        track.channels = frame.layout.nb_channels
        track.note_shape(frame.sample_rate, track.channels)
        track.loudnesses.append(loudness(frame))
    else:
        if track.frames == 1:
            track.geometry = geometry_of(stream, frame)
        wide, high = track.geometry.square(frame.width, frame.height)
        if wide * high > limits.pixels:
            raise TooLarge(sentences.VIDEO_TOO_LARGE % {"megapixels": limits.pixels // MEGA})
        if track.frames == 1:
            track.width, track.height, track.pixels = frame.width, frame.height, frame.format.name
            track.primaries, track.transfer = frame.color_primaries, frame.color_trc
        track.note_shape(frame.width, frame.height, frame.format.name)
        if track.poster is None or at - track.start < POSTER_AFTER <= track.end - track.start:
            track.poster = track.geometry.upright(frame.to_image())
    if track.end - track.start > limits.seconds:
        raise TooLarge(sentences.TOO_LONG % {"minutes": f"{limits.seconds // 60:.0f}"})
