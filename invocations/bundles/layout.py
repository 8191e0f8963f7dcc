"""What lies where in a bundle, and how much of each there may be."""

from __future__ import annotations

import re

from assets.kinds import MEGA
from assets.models import Asset

FORMAT, VERSION = "panic-run", 1
RECORD, PAGE = "run.json", "index.html"
MEDIUM = re.compile(r"media/([0-9a-f]{64})\.([a-z0-9]{2,5})")

BUNDLE_MOST = 2_000 * MEGA  # bytes as they come
UNPACKED_MOST = 4_000 * MEGA
DIRECTORY_MOST = 8 * MEGA  # the list of what is in it: some sixty thousand media
RECORD_MOST = 1_000 * MEGA
LINE_MOST = 2 * MEGA  # one step
STEPS_MOST = 200_000


def name_of(asset: Asset) -> str:
    return f"media/{asset.sha256}.{asset.extension}"
