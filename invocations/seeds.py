"""Seeds of runs: what their steps draw their chance from, where their models take one."""

from __future__ import annotations

import secrets

MAX_SEED = 2**31 - 1


def draw_seed() -> int:
    return secrets.randbelow(MAX_SEED + 1)
