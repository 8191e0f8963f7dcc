"""The product's operations on video, where the package `operations` is installed beside this one.

Offered with a section `[operations]` in config.toml. They are no models: they are signed on as operations,
and come as work of the kind `operation`.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from panic_worker.failures import ErrorClass, WorkerError, WorkFailed, WorkStopped

from .base import Handler, Offer, ResultFile, Work, WorkResult

PACKAGES = ("operations", "av", "numpy", "PIL")
CONTENT_TYPES = {
    ".mkv": "video/x-matroska",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".flac": "audio/flac",
}
GIGA = 1 << 30
MIN_MEMORY = GIGA
PREVIEW = "preview.jpg"
FONTS = "fonts"  # a parameter that names files of this machine, so the server does not set it
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
SELF_TEST = {"seconds": [0.2], "fade": 0, "width": 16, "height": 16, "rate": 10}


@dataclass(frozen=True, slots=True)
class OperationsSettings:
    """`memory_bytes` and `stall_seconds` are what one operation may take; `fonts` are files or folders of
    this machine for captions, `weights` is the folder of learned weights."""

    memory_bytes: int = 4 * GIGA
    stall_seconds: float = 120.0
    fonts: tuple[str, ...] = ()
    weights: str = ""


class OperationsHandler(Handler):
    """All of them: what weights are for is done without any too, and said to be degraded."""

    name = "operations"

    def __init__(self, settings: OperationsSettings) -> None:
        self._settings = settings

    def offers(self) -> Sequence[Offer]:
        return []

    def operations(self) -> Sequence[str]:
        """Those that are done by learned weights here are named a second time."""
        self._use_weights()
        registry = import_module("operations.registry")
        learned = (f"{name}/learned" for name in registry.learned_operations())
        return sorted({*registry.operations(), *learned})

    def self_test(self, folder: Path) -> None:
        if sys.platform == "win32":
            sentence = "Operations on video need Linux or macOS."
            raise WorkFailed(ErrorClass.PERMANENT, sentence)
        if missing := [name for name in PACKAGES if find_spec(name) is None]:
            sentence = f"Not installed beside panic-worker: {', '.join(missing)}."
            raise WorkFailed(ErrorClass.PERMANENT, sentence)
        still = folder / "still.png"
        still.write_bytes(DOT)
        self._carry_out(Work("crossfade", (), folder, SELF_TEST), [still])

    def run(self, work: Work) -> WorkResult:
        files = [one.path for one in work.inputs if one.path is not None]
        result = self._carry_out(work, files)
        if result.degraded:
            work.log(result.degraded)
        return WorkResult(
            text=json.dumps(result.details),
            files=[_result_file(one.path) for one in result.outputs],
            backend=f"{work.model}:{result.backend}",
            degraded=bool(result.degraded),
        )

    def _use_weights(self) -> None:
        if self._settings.weights:
            os.environ[import_module("operations.weights").FOLDER_VARIABLE] = self._settings.weights

    def _carry_out(self, work: Work, inputs: Sequence[Path]) -> Any:
        errors = import_module("operations.errors")
        limits = import_module("operations.backend_process").OperationLimits(
            stall_seconds=self._settings.stall_seconds, memory_bytes=self._settings.memory_bytes
        )
        preview = work.folder / PREVIEW
        work.watch_preview(preview)
        parameters = {name: value for name, value in work.parameters.items() if name != FONTS}
        self._use_weights()
        if work.model == "caption":
            parameters[FONTS] = list(self._settings.fonts)
        try:
            return import_module("operations.runner").run(
                work.model,
                inputs,
                parameters,
                work.folder,
                lambda progress, phase: work.progress(progress, phase, None),
                lambda: work.stop.is_requested,
                limits=limits,
                preview=preview,
            )
        except errors.OperationCancelled as error:
            raise WorkStopped(str(error)) from error
        except errors.OperationError as error:
            raise WorkFailed(class_of_error(error), str(error)) from error


def class_of_error(error: Any) -> ErrorClass:
    if error.code in {"bad_input", "bad_parameters"}:
        return ErrorClass.PERMANENT
    if "out_of_memory" in getattr(error, "causes", ()):
        return ErrorClass.OUT_OF_MEMORY
    return ErrorClass.TEMPORARY


def _result_file(path: Path) -> ResultFile:
    return ResultFile(path, CONTENT_TYPES.get(path.suffix, "application/octet-stream"))


def load(section: Mapping[str, Any] | None) -> list[Handler]:
    """Nothing without the section. Raises WorkerError for a setting that is wrong."""
    if section is None:
        return []
    known = {"memory_bytes", "stall_seconds", "weights", FONTS}
    if unknown := sorted(set(section) - known):
        raise WorkerError(f"[operations] has no setting {', '.join(unknown)}.")
    memory, stall = section.get("memory_bytes", 4 * GIGA), section.get("stall_seconds", 120)
    fonts, weights = section.get(FONTS, []), section.get("weights", "")
    if not isinstance(memory, int) or isinstance(memory, bool) or memory < MIN_MEMORY:
        raise WorkerError(f"[operations] memory_bytes is a whole number of at least {MIN_MEMORY}.")
    if not isinstance(stall, int | float) or isinstance(stall, bool) or stall < 1:
        raise WorkerError("[operations] stall_seconds is a number of at least 1.")
    if not isinstance(fonts, list) or not all(isinstance(one, str) for one in fonts):
        raise WorkerError("[operations] fonts is a list of files or folders.")
    if not isinstance(weights, str):
        raise WorkerError("[operations] weights is a folder.")
    return [OperationsHandler(OperationsSettings(memory, float(stall), tuple(fonts), weights))]
