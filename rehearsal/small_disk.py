"""A small disk that a scenario can fill up, where this machine allows one to be mounted."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE, FLOOR_MB = "320m", "200"  # below the floor nothing begins


@contextmanager
def small_disk(folder: Path) -> Iterator[str]:
    """Mount a tmpfs at `folder`; yields an empty text, or the reason why that is not possible."""
    folder.mkdir(parents=True, exist_ok=True)
    program = shutil.which("mount")
    if program is None:
        yield "this machine has no `mount`"
        return
    command = [program, "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "rehearsal", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        yield f"a small disk cannot be mounted: {made.stderr.strip() or made.returncode}"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)
