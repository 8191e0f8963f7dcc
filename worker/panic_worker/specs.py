"""What this machine is: shown on its page, and compared with what a model needs."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys

NVIDIA_SECONDS = 10


def machine_specs() -> dict[str, object]:
    """`memory_bytes` only where it can be told; `gpus` are those of NVIDIA's tool."""
    specs: dict[str, object] = {
        "platform": sys.platform,
        "system": platform.platform(terse=True),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cpus": os.cpu_count() or 1,
        "gpus": _gpus(),
    }
    if memory := _memory_bytes():
        specs["memory_bytes"] = memory
    return specs


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on Windows
        return 0


def _gpus() -> list[dict[str, object]]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    command = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(  # noqa: S603 (no input from outside)
            command, capture_output=True, text=True, check=True, timeout=NVIDIA_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return []
    found: list[dict[str, object]] = []
    for line in done.stdout.splitlines():
        name, _, mebibytes = line.rpartition(",")
        if name and mebibytes.strip().isdecimal():
            found.append({"name": name.strip(), "memory_bytes": int(mebibytes) << 20})
    return found
