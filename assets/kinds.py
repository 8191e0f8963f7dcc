"""The kinds of media there are, and how much of each is taken in: the one place for limits."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models

MEGA = 1_000_000


class Kind(models.TextChoices):
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"

    @property
    def noun(self) -> str:
        """As it is said in a sentence."""
        return "sound" if self is Kind.AUDIO else self.value

    @property
    def phrase(self) -> str:
        return f"an {self.noun}" if self is Kind.IMAGE else f"a {self.noun}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one piece of media may measure. Bounds the memory and the time of decoding it."""

    size: int  # bytes as they come
    pixels: int = 0  # of one picture or frame
    decoded_pixels: int = 0  # of all frames together
    seconds: float = 0.0


LIMITS = {
    Kind.IMAGE: Limits(size=32 * MEGA, pixels=64 * MEGA, decoded_pixels=1_000 * MEGA),
    Kind.AUDIO: Limits(size=64 * MEGA, seconds=2 * 60 * 60),
    Kind.VIDEO: Limits(size=256 * MEGA, pixels=36 * MEGA, seconds=30 * 60),
}
