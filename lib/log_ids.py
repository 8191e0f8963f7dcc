"""Which run, step and attempt a line of the log is about: of the work that this thread or coroutine does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_ids: ContextVar[Mapping[str, str]] = ContextVar("log_ids", default={})  # noqa: B039  never changed


@contextmanager
def log_ids(**ids: str) -> Iterator[None]:
    """Until it ends, lines of the log are about these: `run`, `invocation`, `attempt`."""
    token = _ids.set({**_ids.get(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def current_ids() -> Mapping[str, str]:
    return _ids.get()
