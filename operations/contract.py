"""What an operation is: its inputs, its parameters, and its backends, best first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Parameters = Mapping[str, Any]
Report = Callable[[float, str], None]  # how much is done, from 0 to 1, and of what

CLIP = "clip"  # a video as it came
CHUNK = "chunk"  # a part of one: see `operations.chunks`
FILM = "film"  # an MP4 that every browser plays
IMAGE = "image"
SOUND = "sound"


def is_here(_: Parameters) -> str:
    """Of a backend that needs nothing but the dependencies of the product."""
    return ""


def serves_all(_: Parameters) -> bool:
    """Of a backend that can do whatever the parameters ask for."""
    return True


@dataclass(frozen=True, slots=True)
class OperationParameter:
    """One setting of an operation, and the values that it may have."""

    name: str
    type: str  # "integer", "number", "boolean", "text", "numbers" or "texts"
    description: str
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class OperationOutput:
    """A file that was made. `frames` is how many pictures it has, where it has moving ones."""

    path: Path
    kind: str
    frames: int = 0


@dataclass(frozen=True, slots=True)
class MadeOutputs:
    """What a backend made. `details` can be written as JSON."""

    outputs: list[OperationOutput] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OperationWork:
    """What a backend is asked for: `folder` is empty and its own; every parameter has a value. `preview`: where the
    newest picture is to be written again and again, if somebody looks on."""

    inputs: list[Path]
    parameters: Parameters
    folder: Path
    report: Report
    preview: Path | None = None


@dataclass(frozen=True, slots=True)
class OperationBackend:
    """One way to carry out an operation.

    `serves` says whether it is a way to do what these parameters ask for at all, `missing` says in a sentence why it cannot be used here,
    `degraded` why its result is less than what they ask for; both say nothing ("") where nothing is wrong.
    """

    name: str
    make: Callable[[OperationWork], MadeOutputs]
    serves: Callable[[Parameters], bool] = serves_all
    missing: Callable[[Parameters], str] = is_here
    degraded: Callable[[Parameters], str] = is_here


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of work on media. `module` is where it stands as `OPERATION`."""

    name: str
    module: str
    description: str
    takes: tuple[str, ...]  # kinds of files
    gives: tuple[str, ...]
    backends: tuple[OperationBackend, ...]
    parameters: tuple[OperationParameter, ...] = ()
    max_inputs: int = 1


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What an operation gave. `degraded` says in a sentence what is less than was asked for: another
    backend than the best one ran, or there is none for that. Empty: it is what was asked for."""

    outputs: list[OperationOutput]
    backend: str
    degraded: str
    details: dict[str, Any]
