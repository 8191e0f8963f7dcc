"""Carrying out an operation: its backends, best first, until one has made what was asked for.

Each try has a folder of its own, so that what an earlier one left is never counted. What is handed back
was decoded to its end by the process that made it.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import sentences
from .backend_process import OperationLimits, run_backend
from .contract import (
    MadeOutputs,
    Operation,
    OperationBackend,
    OperationOutput,
    OperationResult,
    OperationWork,
    Parameters,
    Report,
)
from .errors import BadInput, BadParameters, NoBackend, OperationError
from .parameters import complete_parameters
from .registry import operation_named

logger = logging.getLogger(__name__)

TRY = ".try-"
DEFAULT_LIMITS = OperationLimits()


def ignore_progress(_progress: float, _phase: str) -> None:
    """For who does not want to know."""


def never() -> bool:
    """Nobody cancels it."""
    return False


def run(
    operation: str | Operation,
    inputs: Sequence[Path],
    parameters: Parameters,
    folder: Path,
    report: Report = ignore_progress,
    cancelled: Callable[[], bool] = never,
    *,
    limits: OperationLimits = DEFAULT_LIMITS,
    preview: Path | None = None,
) -> OperationResult:
    """Carry out an operation; its outputs are written to `folder`, which one caller uses at a time.

    Blocks until it is done; `report` and `cancelled` are called in this thread, `cancelled` at least ten
    times in a second. `preview`: a JPEG of what is being made, where that is a chunk (`previews`). Raises OperationError, and has left nothing in the folder then.
    """
    if isinstance(operation, str):
        operation = operation_named(operation)
    values = complete_parameters(operation, parameters)
    _check_inputs(operation, inputs)
    _clear(folder)
    failures: list[dict[str, str]] = []
    for backend in (one for one in operation.backends if one.serves(values)):
        if missing := backend.missing(values):
            failures.append({"backend": backend.name, "error": "missing", "sentence": missing})
            continue
        try:
            with _try_folder(folder) as own:
                work = OperationWork(list(inputs), values, own, report, preview)
                made = run_backend(operation, backend.name, work, cancelled, limits)
                return _result(backend, values, _moved(made, folder), failures)
        except OperationError as error:
            if not error.is_of_the_backend:
                raise
            logger.warning("%s by %s: %s", operation.name, backend.name, error)
            failure = {"backend": backend.name, "error": error.code, "sentence": str(error)}
            failures.append(failure)
    reasons = " ".join(failure["sentence"] for failure in failures)
    words = {"operation": operation.name, "sentence": reasons}
    raise NoBackend(sentences.NO_BACKEND % words, (failure["error"] for failure in failures))


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(f"{TRY}*"):  # of a try whose process was killed
        shutil.rmtree(leftover, ignore_errors=True)


def _check_inputs(operation: Operation, inputs: Sequence[Path]) -> None:
    most = operation.max_inputs
    if not 1 <= len(inputs) <= most:
        wanted = "1 file" if most == 1 else f"1 to {most} files"
        words = {"operation": operation.name, "wanted": wanted, "came": len(inputs)}
        raise BadParameters(sentences.INPUTS % words)
    for path in inputs:
        if not path.is_file():
            raise BadInput(sentences.NO_FILE % {"file": path.name})


@contextmanager
def _try_folder(folder: Path) -> Iterator[Path]:
    own = Path(tempfile.mkdtemp(prefix=TRY, dir=folder))
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _moved(made: MadeOutputs, folder: Path) -> MadeOutputs:
    """The outputs in the folder itself; what stood there under their names is replaced."""
    outputs: list[OperationOutput] = []
    for one in made.outputs:
        outputs.append(replace(one, path=one.path.replace(folder / one.path.name)))
    return MadeOutputs(outputs, made.details)


def _result(
    backend: OperationBackend,
    values: dict[str, Any],
    made: MadeOutputs,
    failures: list[dict[str, str]],
) -> OperationResult:
    """A worse backend than the first one is a degraded result, whatever it says of itself."""
    reasons = [sentences.FELL_BACK % failure for failure in failures]
    if own := backend.degraded(values):
        reasons.insert(0, own)
    details = made.details | ({"failed_backends": failures} if failures else {})
    return OperationResult(made.outputs, backend.name, " ".join(reasons), details)
