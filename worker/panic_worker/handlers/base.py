"""What a handler is: one way of this machine to do work.

A handler lists what it offers, proves in a self-test that it can do it, and runs one piece of work at a
time in each slot. It raises WorkFailed with a sentence for a person where the work did not succeed, and
may raise WorkStopped once `work.stop` was requested. Anything else that it raises is reported as
a failure; the worker lives on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from panic_worker.failures import ErrorClass, WorkFailed
from panic_worker.stopping import StopSignal

MAX_NAME = 60  # characters of a name or title that the server takes
MODALITIES = ("text", "image", "audio", "video")
ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "text/plain": ".txt",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A model as this machine offers it: `farm:<name>` for everybody else.

    `parameters` is the JSON schema of what a slot may set; `seconds` is what a step usually takes,
    `memory` the bytes that it needs, `batch` how many steps of equal parameters it does in one go.
    """

    name: str
    title: str
    input: str
    output: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    memory: int | None = None
    licence: str = ""
    weights_sha256: str = ""
    batch: int = 1

    def as_json(self) -> dict[str, object]:
        optional = {
            "seconds": self.seconds,
            "memory": self.memory,
            "licence": self.licence[:MAX_NAME],
            "weights_sha256": self.weights_sha256,
            "batch": self.batch if self.batch > 1 else None,
        }
        return {
            "name": self.name,
            "title": self.title[:MAX_NAME],
            "input": self.input,
            "output": self.output,
            "parameters": dict(self.parameters),
            **{name: value for name, value in optional.items() if value},
        }


@dataclass(frozen=True, slots=True)
class WorkInput:
    """A text, or a file that has been fetched and whose SHA-256 was checked."""

    type: str
    text: str = ""
    path: Path | None = None
    content_type: str = ""


def _ignore_progress(fraction: float, phase: str, eta_seconds: float | None) -> None:
    """For work that nobody watches: self-tests."""


def _ignore_line(line: str) -> None:
    """Likewise."""


def _ignore_preview(path: Path) -> None:
    """Likewise."""


@dataclass(frozen=True, slots=True)
class Work:
    """One step to do. `folder` is empty, its own, and removed afterwards. `watch_preview` names a picture
    that will be written to again and again: the newest is shown to people while the work lasts."""

    model: str
    inputs: Sequence[WorkInput]
    folder: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""  # differs from step to step
    stop: StopSignal = field(default_factory=StopSignal)
    progress: Callable[[float, str, float | None], None] = _ignore_progress
    log: Callable[[str], None] = _ignore_line
    watch_preview: Callable[[Path], None] = _ignore_preview

    @property
    def input(self) -> WorkInput:
        """The only one, or the first. Raises WorkFailed where there is none."""
        if not self.inputs:
            raise WorkFailed(ErrorClass.PERMANENT, "The step came without an input.")
        return self.inputs[0]


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One of several files of a result, below the work's folder."""

    path: Path
    content_type: str


@dataclass(frozen=True, slots=True)
class WorkResult:
    """A text, or a file below the work's folder; or several `files` with a text that says what they are.
    `backend` says what did it; `degraded` that it was a weaker way than usual."""

    text: str | None = None
    path: Path | None = None
    content_type: str = ""
    files: Sequence[ResultFile] = ()
    backend: str = ""
    degraded: bool = False


class Handler(ABC):
    """One kind of program or engine on this machine. With `takes_batches` it has `run_batch`."""

    name: str
    takes_batches = False

    @abstractmethod
    def offers(self) -> Sequence[Offer]:
        """What it could do, if its self-test succeeds."""

    def operations(self) -> Sequence[str]:
        """Operations on video that it could do, likewise."""
        return ()

    @abstractmethod
    def self_test(self, folder: Path) -> None:
        """Prove it, quickly, with an empty folder to write to. Raises WorkFailed."""

    @abstractmethod
    def run(self, work: Work) -> WorkResult:
        """Do one piece of work, in a thread of its own. Raises WorkFailed and WorkStopped."""

    def run_batch(
        self, works: Sequence[Work], folder: Path, stop: StopSignal
    ) -> Sequence[WorkResult | Exception]:
        """Do several of equal parameters in one go; how each of them ended, in their order. `folder` is
        empty and removed afterwards, `stop` is that of all. Raises what all of them failed by."""
        raise NotImplementedError

    def close(self) -> None:  # noqa: B027 (most keep nothing running)
        """End what it keeps running. Called once, when nothing runs any more."""


def ending_of_type(content_type: str) -> str:
    """The ending of a file's name for a media type, with its dot."""
    return ENDINGS.get(content_type.partition(";")[0].strip().lower(), ".bin")
