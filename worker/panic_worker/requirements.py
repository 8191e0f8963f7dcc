"""What a machine has to have for a program of the operator's: one file may lie on machines that differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .failures import ErrorClass, WorkFailed
from .specs import machine_specs

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class SpecsNeeded:
    """0: any will do."""

    cpus: float = 0
    memory_mb: float = 0
    gpu_memory_mb: float = 0  # of one device


def check_specs(needed: SpecsNeeded, specs: Mapping[str, Any] | None = None) -> None:
    """Raises WorkFailed that says what this machine lacks. `specs`: of this machine, unless given."""
    if needed == SpecsNeeded():
        return
    found: Mapping[str, Any] = machine_specs() if specs is None else specs
    devices = [int(one["memory_bytes"]) for one in found.get("gpus") or ()]
    there: list[tuple[str, float, int]] = [
        ("processors", needed.cpus, int(found.get("cpus", 0))),
        ("MB of memory", needed.memory_mb, int(found.get("memory_bytes", 0)) // MEBIBYTE),
        ("MB of memory on a GPU", needed.gpu_memory_mb, max(devices, default=0) // MEBIBYTE),
    ]
    for what, wanted, has in there:
        if has < wanted:
            words = f"It needs {wanted:g} {what}, and this machine has {has}."
            raise WorkFailed(ErrorClass.PERMANENT, words)
