"""What decoding found out about a piece of media."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .kinds import Kind


@dataclass(frozen=True, slots=True)
class Probe:
    """Proof that a file decodes to its end, and what it turned out to be."""

    kind: Kind
    content_type: str
    extension: str
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A rendition that was made: a temporary file and its measures."""

    path: Path
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that may be kept: the one that came, or what it had to be turned into."""

    path: Path
    probe: Probe
    copies: dict[str, Copy] = field(default_factory=dict)
