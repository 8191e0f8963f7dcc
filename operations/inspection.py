"""Looking at a clip before anything is begun with it: what cannot be used is refused in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from . import sentences
from .clip_limits import MAX_FRAMES, MAX_MINUTES, require_size
from .containers import CLIPS, moving_pictures, open_media, require_media
from .errors import BadInput
from .structure import is_cut_short, is_encrypted
from .timing import ClipTiming, read_timing

PIXEL_BITS = 8
HDR_TRANSFERS = {16, 18}  # PQ and HLG, in FFmpeg's numbers


@dataclass(frozen=True, slots=True)
class InspectedClip:
    """A clip that may be used. `facts` can be written as JSON."""

    timing: ClipTiming
    facts: dict[str, Any]


def inspect_clip(
    path: Path, rate: Fraction | None = None, *, minutes: int = MAX_MINUTES
) -> InspectedClip:
    """Reads all packets and decodes none; `rate` is that which is wanted of it, `minutes` how long it may play.
    Raises BadInput."""
    demuxer = require_media(path, CLIPS)
    if is_encrypted(path, demuxer):
        raise BadInput(sentences.ENCRYPTED)
    if is_cut_short(path, demuxer):
        raise BadInput(sentences.CUT_SHORT)
    with open_media(path, demuxer) as media:
        said = media.duration / av.time_base if media.duration else 0.0
        _require_length(said, minutes)
        stream = moving_pictures(media)
        require_size(stream.width or 1, stream.height or 1)
        timing = read_timing(media, stream, rate)
        facts = _facts(media, stream, timing)
    _require_pictures(timing, said)
    _require_length(float(timing.seconds), minutes)
    if timing.count > MAX_FRAMES:
        raise BadInput(sentences.TOO_MANY % {"count": timing.count, "most": MAX_FRAMES})
    return InspectedClip(timing, facts)


def _require_length(seconds: float, minutes: int) -> None:
    if seconds > minutes * 60:
        words = {"minutes": f"{seconds / 60:.0f}", "most": minutes}
        raise BadInput(sentences.TOO_LONG % words)


def _require_pictures(timing: ClipTiming, said: float) -> None:
    if timing.packets == 0:
        raise BadInput(sentences.CUT_SHORT if said else sentences.NO_STREAM)
    if timing.packets == 1:
        raise BadInput(sentences.ONE_PICTURE)


def _facts(media: Any, stream: Any, timing: ClipTiming) -> dict[str, Any]:
    context = stream.codec_context
    bits = max((one.bits for one in context.format.components), default=PIXEL_BITS)
    return {
        "codec": context.codec.canonical_name,
        "rate": str(timing.rate),
        "frames": timing.count,
        "seconds": round(float(timing.seconds), 3),
        "has_constant_rate": timing.is_constant,
        "bits": bits,
        "is_hdr": int(context.color_trc or 0) in HDR_TRANSFERS,
        "has_sound": bool(media.streams.audio),
    }
