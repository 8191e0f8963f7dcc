"""What can go wrong with an operation. `str(error)` is a sentence for the person who can act on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class OperationError(Exception):
    """The operation gave nothing, and left nothing behind."""

    code: ClassVar[str] = "failed"
    # Whether another backend of the same operation may do better.
    is_of_the_backend: ClassVar[bool] = False


class BadInput(OperationError):
    """A file that no backend can use: it is damaged, too large, or not what was asked for."""

    code = "bad_input"


class BadParameters(OperationError):
    """A parameter that the operation does not know, or a value outside its limits."""

    code = "bad_parameters"


class OperationCancelled(OperationError):
    """The caller no longer wants it."""

    code = "cancelled"


class NoRoom(OperationError):
    """The disk is full."""

    code = "no_room"


class NoBackend(OperationError):
    """Every backend of the operation is missing or failed; `causes` are the codes of their errors."""

    code = "no_backend"

    def __init__(self, sentence: str, causes: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.causes = frozenset(causes)


class BackendFailed(OperationError):
    """A backend ended with an error of its own, or gave something other than it promised."""

    code = "backend_failed"
    is_of_the_backend = True


class BackendStalled(OperationError):
    """A backend gave no sign of life for too long and was ended."""

    code = "stalled"
    is_of_the_backend = True


class OutOfMemory(OperationError):
    """A backend wanted more memory than it may have, or the system ended it for that."""

    code = "out_of_memory"
    is_of_the_backend = True


ERRORS = {
    error.code: error
    for error in (
        *(BadInput, BadParameters, OperationCancelled, NoRoom, NoBackend),
        *(BackendFailed, BackendStalled, OutOfMemory),
    )
}
