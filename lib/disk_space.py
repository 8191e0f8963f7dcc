"""How much room the disk of the data folder has, and the floor under which nothing new begins.

A machine on which the floor is reached starts no runs and takes up no steps; what is under way ends, with
the room that is left. It is asked at each start and each claim (a system call of a microsecond), so that work goes on by
itself as soon as there is room again, and so that of several machines only the full one stands back.
"""

from __future__ import annotations

import shutil

from django.conf import settings
from django.utils.formats import number_format

MEGA, GIGA = 10**6, 10**9
NEAR = 2  # times the floor


def free_bytes() -> int:
    return shutil.disk_usage(settings.DATA_DIR).free


def floor_bytes() -> int:
    return int(settings.RUNS_DISK_FLOOR_MB) * MEGA


def in_gigabytes(size: int) -> str:
    """For a sentence, as the reader's language writes numbers."""
    return number_format(size / GIGA, decimal_pos=1)


def is_near_floor() -> bool:
    """What may go is removed on this machine, so that the floor is not reached."""
    return free_bytes() < NEAR * floor_bytes()


def is_below_floor() -> bool:
    """Nothing new begins on this machine."""
    return free_bytes() < floor_bytes()
