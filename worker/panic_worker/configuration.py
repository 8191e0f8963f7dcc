"""`config.toml` of the worker's folder: all of it may be left out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .failures import WorkerError

MIN_FREE_BYTES = 2 << 30
MAX_SLOTS = 64
SECTIONS = ("comfyui", "local_models", "operations")
KNOWN = {"slots", "min_free_bytes", "variables", *SECTIONS}


@dataclass(frozen=True, slots=True)
class Configuration:
    """`slots` steps are done at once; none is begun with less than `min_free_bytes` of disk.

    `variables` are what differs between machines that share the files of their commands.
    """

    slots: int = 1
    min_free_bytes: int = MIN_FREE_BYTES
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


def read_configuration(path: Path) -> Configuration:
    """Raises WorkerError, whose sentence names what is wrong."""
    found = read_toml(path) if path.exists() else {}
    if unknown := sorted(set(found) - KNOWN):
        raise WorkerError(f"{path}: there is no setting {', '.join(unknown)}.")
    sections: dict[str, Mapping[str, Any]] = {
        name: found[name] for name in SECTIONS if name in found
    }
    for name, section in sections.items():
        if not isinstance(section, dict):
            raise WorkerError(f"{path}: [{name}] is a section.")
    return Configuration(
        slots=_whole_number(path, found, "slots", 1, 1, MAX_SLOTS),
        min_free_bytes=_whole_number(path, found, "min_free_bytes", MIN_FREE_BYTES, 0, 1 << 60),
        sections=sections,
        variables=_variables(path, found),
    )


def read_toml(path: Path) -> dict[str, Any]:
    """Raises WorkerError for a file that cannot be read or is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WorkerError(f"{path} cannot be read: {error}") from None


def _variables(path: Path, found: Mapping[str, Any]) -> dict[str, str]:
    values = found.get("variables", {})
    if not isinstance(values, dict) or not all(isinstance(one, str) for one in values.values()):
        raise WorkerError(f"{path}: [variables] has texts.")
    return values


def _whole_number(
    path: Path, found: Mapping[str, Any], name: str, default: int, least: int, most: int
) -> int:
    value = found.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise WorkerError(f"{path}: {name} is a whole number from {least} to {most}.")
    return value
