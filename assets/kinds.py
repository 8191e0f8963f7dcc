"""The kinds of media, how much of each is taken in, and what decoding finds out about a piece."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from django.db import models

from . import sentences
from .errors import TooLarge, WrongMedia

MEGA = 1_000_000
# Of the rules for what is kept of a file. Raised where they change, so that `reprocess_media` finds what
# was stored by earlier ones: 0 kept the metadata of generators, 1 what stood deep in an MP4 or a WebM.
INGEST_VERSION = 2


class MediaKind(models.TextChoices):
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"

    @property
    def noun(self) -> str:
        """As it is said in a sentence."""
        return "sound" if self is MediaKind.AUDIO else self.value

    @property
    def phrase(self) -> str:
        return f"an {self.noun}" if self is MediaKind.IMAGE else f"a {self.noun}"

    def require(self, came: MediaKind) -> None:
        """Raises WrongMedia where another kind came than was asked for."""
        if came is not self:
            words = {"phrase": came.phrase.capitalize(), "wanted": self.phrase}
            raise WrongMedia(sentences.OTHER_KIND % words)

    def require_size(self, size: int, at_most: int) -> None:
        """Raises TooLarge; both are in bytes."""
        if size > at_most:
            words = {"phrase": self.phrase, "megabytes": f"{at_most / MEGA:.0f}"}
            raise TooLarge(sentences.FILE_TOO_LARGE % words)


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What one piece of media may measure. Bounds the memory and the time of decoding it."""

    size: int  # bytes as they come
    pixels: int = 0  # of one picture or frame
    decoded_pixels: int = 0  # of all frames together
    seconds: float = 0.0


LIMITS = {
    MediaKind.IMAGE: MediaLimits(size=32 * MEGA, pixels=64 * MEGA, decoded_pixels=1_000 * MEGA),
    MediaKind.AUDIO: MediaLimits(size=64 * MEGA, seconds=2 * 60 * 60),
    MediaKind.VIDEO: MediaLimits(size=256 * MEGA, pixels=36 * MEGA, seconds=30 * 60),
}


@dataclass(frozen=True, slots=True)
class Probe:
    """Proof that a file decodes to its end, and what it turned out to be."""

    kind: MediaKind
    content_type: str
    extension: str
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A rendition that was made: a temporary file and its measures."""

    path: Path
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that may be kept: the one that came, or what it had to be turned into."""

    path: Path
    probe: Probe
    copies: dict[str, Copy] = field(default_factory=dict)
