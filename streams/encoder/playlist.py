"""The media playlist of a channel."""

from __future__ import annotations

from collections.abc import Sequence

from assets.rolling import Segment

from .clock import SEGMENT_SECONDS

PLAYLIST_NAME = "index.m3u8"
LISTED = 6  # segments in it


def playlist(segments: Sequence[Segment], breaks: int) -> str:
    """The media playlist of these segments; `breaks`: how many were before them."""
    longest = max((one.seconds for one in segments), default=SEGMENT_SECONDS)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-TARGETDURATION:{max(SEGMENT_SECONDS, round(longest))}",
        f"#EXT-X-MEDIA-SEQUENCE:{segments[0].sequence if segments else 0}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{breaks}",
    ]
    for one in segments:
        if one.is_break:
            lines.append("#EXT-X-DISCONTINUITY")
        at = one.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{at}", f"#EXTINF:{one.seconds:.3f},"]
        lines.append(f"{one.sequence}.ts")
    return "\n".join(lines) + "\n"
