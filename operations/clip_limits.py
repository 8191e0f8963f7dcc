"""How large and how long a clip may be."""

from __future__ import annotations

from . import sentences
from .errors import BadInput

MEGA = 1_000_000
MAX_PIXELS = 4096 * 2304  # of one picture
MAX_SIDE = 7_000
MAX_MINUTES = 180
MAX_FRAMES = MAX_MINUTES * 60 * 60
MAX_RESULT_SIDE = 8_192
MAX_RESULT_PIXELS = 7_680 * 4_320


def require_size(width: int, height: int) -> None:
    """Raises BadInput where pictures are larger than are taken."""
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE or min(width, height) < 1:
        words = {"width": width, "height": height, "most": f"{MAX_PIXELS / MEGA:.0f}"}
        raise BadInput(sentences.TOO_LARGE % words)


def require_result_size(width: int, height: int) -> None:
    """Raises BadInput where a result would be larger than can be encoded."""
    if width * height > MAX_RESULT_PIXELS or max(width, height) > MAX_RESULT_SIDE:
        raise BadInput(sentences.TOO_LARGE_RESULT % {"width": width, "height": height})
