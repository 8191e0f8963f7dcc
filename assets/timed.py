"""Sounds and videos: every packet is decoded, and what browsers cannot play is converted.

FFmpeg's libraries (PyAV) are imported with the first sound or video, so a worker that never sees
one stays small.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import blobs, headers
from .containers import OGG, Container
from .decoding import DecodedMedia, DecodedTrack, decode
from .errors import DamagedMedia
from .images import as_drawing, as_poster
from .kinds import Copy, Examined, MediaKind, Probe
from .waveforms import waveform

logger = logging.getLogger(__name__)
NewFile = Callable[[], Path]

_WAV = {"pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le"}
_MP4_SOUND = {"aac", "mp3", "opus", "flac"}
_WEBM_SOUND = {"opus", "vorbis"}
# What every browser plays is kept as it came: demuxer -> sounds, type, extension.
BROWSER_AUDIO = {
    "wav": (_WAV, "audio/wav", "wav"),
    "mp3": ({"mp3"}, "audio/mpeg", "mp3"),
    "aac": ({"aac"}, "audio/aac", "aac"),
    "flac": ({"flac"}, "audio/flac", "flac"),
    "ogg": ({"opus", "vorbis", "flac"}, "audio/ogg", "ogg"),
    "mov": (_MP4_SOUND, "audio/mp4", "m4a"),
    "matroska": (_WEBM_SOUND, "audio/webm", "webm"),
}
# demuxer -> pictures, sounds, type, extension.
BROWSER_VIDEO = {
    "mov": ({"h264", "av1", "vp9"}, _MP4_SOUND, "video/mp4", "mp4"),
    "matroska": ({"vp8", "vp9", "av1"}, _WEBM_SOUND, "video/webm", "webm"),
}
_BROWSER_PIXEL_FORMATS = {"yuv420p", "yuvj420p"}


@dataclass(frozen=True, slots=True)
class _Playable:
    """A decoded file that every browser plays as it is."""

    decoded: DecodedMedia
    content_type: str
    extension: str

    @property
    def path(self) -> Path:
        return self.decoded.parts[0]


def examine(path: Path, container: Container, asked: MediaKind, new_file: NewFile) -> Examined:
    """Prove that it decodes, turn it into what browsers play if need be, and make its poster.

    Raises DamagedMedia, WrongMedia, UnsupportedMedia or TooLarge.
    """
    decoded = decode(_parts(path, container, new_file), container, asked)
    playable = _as_it_is(decoded)
    if playable and decoded.needs_rewriting:
        playable = _rewritten(playable, new_file)
    if playable is None:
        logger.info("%s is turned into what browsers play: %r", path.name, decoded)
        playable = _converted(decoded, new_file)
    return _examined(playable, new_file)


def _examined(playable: _Playable, new_file: NewFile) -> Examined:
    decoded = playable.decoded
    sound, picture = decoded.track("audio"), decoded.track("video")
    width, height = _shown_size(picture) if picture else (None, None)
    probe = Probe(
        decoded.kind,
        playable.content_type,
        playable.extension,
        width=width,
        height=height,
        seconds=round(decoded.seconds, 3),
    )
    copies: dict[str, Copy] = {}
    if sound and decoded.kind is MediaKind.AUDIO:
        copies["poster"] = as_drawing(waveform(sound.loudnesses), new_file())
    if picture and picture.poster:
        copies["poster"] = as_poster(picture.poster, new_file())
    return Examined(playable.path, probe, copies)


def _shown_size(picture: DecodedTrack) -> tuple[int, int]:
    return picture.geometry.shown(picture.width, picture.height)


def _parts(path: Path, container: Container, new_file: NewFile) -> list[Path]:
    """The file, or each of those from which an Ogg file was joined: a decoder of the whole counts the
    times of each anew (findings/pyav-chained-opus-duration.sh), or stops where they differ."""
    links = headers.ogg_links(path) if container is OGG else []
    if len(links) < 2:
        return [path]
    parts = []
    with path.open("rb") as whole:
        for start, end in links:
            parts.append(new_file())
            whole.seek(start)
            with parts[-1].open("xb") as part:
                while piece := whole.read(min(blobs.PIECE, end - whole.tell())):
                    part.write(piece)
    return parts


def _as_it_is(decoded: DecodedMedia) -> _Playable | None:
    """None unless every browser plays the file, as it was meant."""
    container, sound, picture = decoded.container, decoded.track("audio"), decoded.track("video")
    unsteady = any(track.changes for track in decoded.tracks)
    if not container.browser or len(decoded.parts) > 1 or unsteady:
        return None
    if picture is None:
        codecs, *shown = BROWSER_AUDIO.get(container.demuxer, (set(), "", ""))
        plays = bool(sound and sound.codec in codecs)
    else:
        pictures, sounds, *shown = BROWSER_VIDEO.get(container.demuxer, (set(), set(), "", ""))
        plays = picture.codec in pictures and picture.pixels in _BROWSER_PIXEL_FORMATS
        plays = plays and (not sound or sound.codec in sounds)
        plays = plays and picture.geometry.every_browser_shows(turned=container.demuxer == "mov")
    return _Playable(decoded, shown[0], shown[1]) if plays else None


def _rewritten(playable: _Playable, new_file: NewFile) -> _Playable | None:
    """The same sound and pictures, as they are encoded, in a file that says no more than how they are
    played; None where such a copy does not come out right."""
    from . import transcode  # needs FFmpeg

    decoded = playable.decoded
    try:
        copy = transcode.copied(decoded, playable.extension, new_file())
        again = decode(
            [copy], decoded.container, decoded.kind
        )  # what is published has been decoded
    except DamagedMedia:
        return None
    before, after = decoded.track("video"), again.track("video")
    turned = before and after and before.geometry != after.geometry
    shorter = decoded.seconds - again.seconds > transcode.MAX_LOST_SECONDS
    if again.has_false_length or again.begins_late or turned or shorter:
        return None
    return _Playable(again, playable.content_type, playable.extension)


def _converted(decoded: DecodedMedia, new_file: NewFile) -> _Playable:
    from . import transcode

    path, container, content_type, extension = transcode.for_browsers(decoded, new_file())
    return _Playable(decode([path], container, decoded.kind), content_type, extension)
