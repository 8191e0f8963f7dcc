"""What can go wrong.

WorkerError         ends the program; its text is a sentence for whoever started it
  SecretRefused     the server no longer knows this worker's secret
ServerAway          no usable answer now; the same call may succeed later
CallRefused         the server answered, and said no
  StaleAttempt      the attempt belongs to somebody else, or has ended
WorkFailed          a handler could not do this work
WorkStopped         a handler ended because it was asked to
"""

from __future__ import annotations

from enum import StrEnum


class ErrorClass(StrEnum):
    """What the server decides by: whether, and where, it tries again."""

    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    OUT_OF_MEMORY = "out_of_memory"
    REFUSED = "refused"


class WorkerError(Exception):
    """The program cannot go on; the text is a sentence for a person."""


class WrongUsage(WorkerError):
    """An argument cannot be what it is."""


class SecretRefused(WorkerError):
    """Status 401: the worker was removed, or its secret replaced."""


class ServerAway(Exception):
    """No answer, or one that says "later"; `retry_after` is in seconds, where the server named a time."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class CallRefused(Exception):
    """The server refused a call; the text is its own sentence."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


class StaleAttempt(CallRefused):
    """Status 409: whatever is still to be said about this attempt is of no use."""


class WorkFailed(Exception):
    """The work was tried and did not succeed.

    `detail` is for whoever repairs it; `unfit` says that this machine should not get such work again.
    """

    def __init__(
        self,
        error_class: ErrorClass,
        sentence: str,
        detail: str = "",
        *,
        unfit: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.error_class = error_class
        self.detail = detail
        self.unfit = unfit


class WorkStopped(Exception):
    """Raised by a handler that ended early because its work was stopped."""
