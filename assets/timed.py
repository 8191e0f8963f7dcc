"""Sounds and videos: every packet decoded to prove them, and what browsers cannot play, turned.

FFmpeg's libraries (PyAV) are imported with the first sound or video, so a worker that never sees
one stays small.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import lengths
from .containers import Container
from .errors import DamagedMedia, TooLarge, WrongMedia
from .images import as_poster
from .kinds import LIMITS, MEGA, Kind
from .probe import Copy, Examined, Probe

if TYPE_CHECKING:
    from PIL import Image

logger = logging.getLogger(__name__)

DECODING_SECONDS = 240.0
# Bad packets that are forgiven: an encoder's hiccup is not a broken file.
FORGIVEN = 0.02
POSTER_AFTER = 0.5  # seconds; many videos begin with black

_WAV = {"pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le"}
_MP4_SOUND = {"aac", "mp3", "opus", "flac"}
_WEBM_SOUND = {"opus", "vorbis"}
# What every browser plays is kept as it came: demuxer -> sounds, type, extension.
PLAYED_SOUNDS = {
    "wav": (_WAV, "audio/wav", "wav"),
    "mp3": ({"mp3"}, "audio/mpeg", "mp3"),
    "aac": ({"aac"}, "audio/aac", "aac"),
    "flac": ({"flac"}, "audio/flac", "flac"),
    "ogg": ({"opus", "vorbis", "flac"}, "audio/ogg", "ogg"),
    "mov": (_MP4_SOUND, "audio/mp4", "m4a"),
    "matroska": (_WEBM_SOUND, "audio/webm", "webm"),
}
# demuxer -> pictures, sounds, type, extension.
PLAYED_VIDEOS = {
    "mov": ({"h264", "av1", "vp9"}, _MP4_SOUND, "video/mp4", "mp4"),
    "matroska": ({"vp8", "vp9", "av1"}, _WEBM_SOUND, "video/webm", "webm"),
}
_PLAYED_PIXELS = {"yuv420p", "yuvj420p"}


@dataclass(slots=True)
class Track:
    """What decoding one stream found."""

    type: str  # "audio" or "video"
    codec: str
    pixels: str = ""
    width: int = 0
    height: int = 0
    packets: int = 0
    bad: int = 0
    frames: int = 0
    ends_badly: bool = False
    start: float | None = None
    end: float = 0.0
    poster: Image.Image | None = field(default=None, repr=False)

    @property
    def seconds(self) -> float:
        return self.end - (self.start or 0.0)


@dataclass(frozen=True, slots=True)
class Reel:
    """A file decoded to its end."""

    kind: Kind
    seconds: float
    tracks: tuple[Track, ...]

    def track(self, kind: str) -> Track | None:
        return next((track for track in self.tracks if track.type == kind), None)


def examine(
    path: Path, container: Container, asked: Kind, new_file: Callable[[], Path]
) -> Examined:
    """Prove that it decodes, turn it into what browsers play if need be, and picture a video.

    Raises DamagedMedia, WrongMedia or TooLarge.
    """
    reel = _decode(path, container, asked)
    shown = _shown_as(reel, container)
    if shown is None:
        from . import transcode  # needs FFmpeg

        logger.info("%s is turned into what browsers play: %r", path.name, reel)
        path, shown = transcode.for_browsers(path, container, reel.kind, new_file())
    picture = reel.track("video")
    probe = Probe(
        reel.kind,
        *shown,
        width=picture.width if picture else None,
        height=picture.height if picture else None,
        seconds=round(reel.seconds, 3),
    )
    copies: dict[str, Copy] = {}
    if picture and picture.poster:
        copies["poster"] = as_poster(picture.poster, new_file())
    return Examined(path, probe, copies)


def _shown_as(reel: Reel, container: Container) -> tuple[str, str] | None:
    """Content type and extension, if every browser plays the file as it is."""
    sound, picture = reel.track("audio"), reel.track("video")
    if not container.browser:
        return None
    if picture is None:
        codecs, *shown = PLAYED_SOUNDS.get(container.demuxer, (set(), "", ""))
        return (shown[0], shown[1]) if sound and sound.codec in codecs else None
    pictures, sounds, *shown = PLAYED_VIDEOS.get(container.demuxer, (set(), set(), "", ""))
    played = picture.codec in pictures and picture.pixels in _PLAYED_PIXELS
    return (shown[0], shown[1]) if played and (not sound or sound.codec in sounds) else None


def _decode(path: Path, container: Container, asked: Kind) -> Reel:
    import av

    damaged = DamagedMedia(f"The {asked.noun} is damaged: it cannot be read to its end.")
    if lengths.is_cut_short(path, container):
        raise damaged
    try:
        with open_media(path, container) as media:
            streams = wanted_streams(media)
            kind = Kind.VIDEO if any(s.type == "video" for s in streams) else Kind.AUDIO
            if not streams:
                raise damaged
            if kind is not asked:
                raise WrongMedia(
                    f"{kind.phrase.capitalize()} came where {asked.phrase} was expected."
                )
            tracks = _decode_streams(media, streams, LIMITS[kind])
            declared = media.duration / av.time_base if media.duration else 0.0
    except av.error.FFmpegError as error:
        logger.info("%s %s does not decode: %r", asked, path.name, error)
        raise damaged from error
    seconds = max(track.seconds for track in tracks)
    # A header counts the encoder's silence too, so a little less than it says is not a loss.
    lost = declared - seconds if container.declares_length else 0.0
    if lost > max(0.5, 0.03 * declared) or not all(_is_sound(track) for track in tracks):
        logger.info("%s %s ends early: %.2f s declared, %r", asked, path.name, declared, tracks)
        raise damaged
    return Reel(kind, seconds, tracks)


def _is_sound(track: Track) -> bool:
    forgiven = track.bad <= FORGIVEN * track.packets and not track.ends_badly
    return track.frames > 0 and forgiven


def open_media(path: Path, container: Container) -> Any:
    """The file opened by the demuxer that its first bytes named, and by no other."""
    import av

    return av.open(
        str(path),
        format=container.demuxer,
        options={"protocol_whitelist": "file"},
        metadata_errors="ignore",
    )


def wanted_streams(media: Any) -> list[Any]:
    """The first picture that moves and the first sound; a cover is neither."""
    import av

    cover = av.stream.Disposition.attached_pic
    moving = [s for s in media.streams.video if not s.disposition & cover]
    return [*moving[:1], *media.streams.audio[:1]]


def _decode_streams(media: Any, streams: list[Any], limits: Any) -> tuple[Track, ...]:
    import av

    tracks = {s.index: Track(s.type, s.codec_context.codec.canonical_name) for s in streams}
    deadline = time.monotonic() + DECODING_SECONDS
    for packet in media.demux(streams):
        track = tracks[packet.stream.index]
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            frames = None
        if packet.size:  # the last, empty one only asks for what the decoder held back
            _judge(track, bytes(packet), decoded=frames is not None)
        for frame in frames or ():
            _count(track, frame, limits)
        if time.monotonic() > deadline:
            raise TooLarge("The file takes too long to decode.")
    return tuple(tracks.values())


def _judge(track: Track, packet: bytes, *, decoded: bool) -> None:
    if track.codec == "mp3" and not decoded and packet[:1] != b"\xff":
        return  # padding between or behind the frames, which players pass over
    track.packets += 1
    track.bad += not decoded
    whole = track.codec != "mp3" or lengths.is_whole_mp3_frame(packet)
    track.ends_badly = not decoded or not whole


def _count(track: Track, frame: Any, limits: Any) -> None:
    track.frames += 1
    at = frame.time if frame.time is not None else track.end
    if track.start is None:
        track.start = track.end = at
    if track.type == "audio":
        track.end = max(track.end, at + frame.samples / frame.sample_rate)
    else:
        track.end = max(track.end, at + float((frame.duration or 0) * (frame.time_base or 0)))
        if frame.width * frame.height > limits.pixels:
            raise TooLarge(f"The video is too large: at most {limits.pixels // MEGA} megapixels.")
        track.width, track.height, track.pixels = frame.width, frame.height, frame.format.name
        if track.poster is None or at - track.start < POSTER_AFTER <= track.end - track.start:
            track.poster = frame.to_image()
    if track.seconds > limits.seconds:
        raise TooLarge(f"It plays too long: at most {limits.seconds // 60:.0f} minutes are kept.")
