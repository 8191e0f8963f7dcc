"""What the C library does with the memory of this process. Does nothing where it is not glibc."""

from __future__ import annotations

import ctypes
import resource
import sys
from functools import cache
from pathlib import Path

ARENA_MAX = -8  # the number of this setting (M_ARENA_MAX of malloc.h)
ARENAS = 2  # one for each thread would keep what the largest call of each model needed


@cache
def _library() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None


def keep_little_memory() -> None:
    """Before the first thread starts."""
    if (library := _library()) is not None:
        library.mallopt(ARENA_MAX, ARENAS)


def give_memory_back() -> None:
    """To the system: what was freed and is kept for the next time."""
    if (library := _library()) is not None:
        library.malloc_trim(0)


def uses_more_than(size: int) -> bool:
    """Whether this process has more bytes of memory, pages shared with others divided among them (PSS)."""
    if _library() is None:
        return False
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    if resident <= size:  # quickly told; PSS is never more
        return False
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")) > size
