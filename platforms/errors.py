"""What can go wrong when a model is asked, as one small tree.

    PlatformError
    ├── NotConfigured      no key, no weights, no server: an owner or admin must do something
    ├── Refused            the provider will not do this, ever: kind "sensitive" or "invalid"
    ├── RateLimited        try again, not before `retry_after` seconds
    ├── Unavailable        the provider is down, or answered with something that makes no sense
    ├── TimedOut           no answer within the model's deadline
    └── Cancelled          the call's cancel signal was heard; not a failure

Each carries a sentence for the person who can act on it. Vendors' exceptions never leave their
adapter's file: `translating` turns them into these at the border.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Self


class PlatformError(Exception):
    """A model call did not end in an output; `str(error)` is fit to be shown to the owner.

    `settled` is set by an adapter that knows the provider is done with this request: a retry is
    then a new request under a new idempotency key. Otherwise the same key, and the provider's id
    where one is known, are used again, so that nothing is paid for twice.
    """

    code = "platform_error"
    permanent = False
    settled = False
    key_refused = False

    def as_settled(self) -> Self:
        """This error, marked as the provider's last word on the request."""
        self.settled = True
        return self


class NotConfigured(PlatformError):
    """A key, weight file or server is missing, or the provider does not take the key.

    `key_refused`: it does not know this key, or the account behind it has no credit. That is
    remembered: nothing is started with the key until it is replaced or a test of it goes well.
    """

    code = "not_configured"
    permanent = True

    def __init__(self, message: str, *, key_refused: bool = False) -> None:
        super().__init__(message)
        self.key_refused = key_refused


class Refused(PlatformError):
    """The provider declines this input for good."""

    code = "refused"
    permanent = True

    def __init__(self, message: str, *, kind: str = "invalid") -> None:
        if kind not in {"sensitive", "invalid"}:
            raise ValueError(f"kind must be sensitive or invalid, not {kind!r}")
        super().__init__(message)
        self.kind = kind

    @property
    def for_content(self) -> bool:
        """What the input says is declined, and not how it is put: the network's policy decides."""
        return self.kind == "sensitive"


class RateLimited(PlatformError):
    """Too many calls; `retry_after` is in seconds, None where the provider did not say."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(PlatformError):
    """The provider failed, or answered with something that makes no sense."""

    code = "unavailable"


class TimedOut(PlatformError):
    """No answer within the deadline."""

    code = "timed_out"


class Cancelled(PlatformError):
    """The call ended because it was cancelled.

    `outcome` says how far that got: "cancelled" (at the provider, or nothing had begun there),
    "uncertain" (the provider may still finish and charge).
    """

    code = "cancelled"
    permanent = True

    def __init__(self, outcome: str = "cancelled") -> None:
        if outcome not in {"cancelled", "uncertain"}:
            raise ValueError(f"outcome must be cancelled or uncertain, not {outcome!r}")
        super().__init__(f"The call was stopped ({outcome}).")
        self.outcome = outcome


@contextmanager
def translating(table: Mapping[type[BaseException], type[PlatformError]]) -> Iterator[None]:
    """Raise what `table` says for the most specific vendor exception it names."""
    try:
        yield
    except PlatformError:
        raise
    except tuple(table) as error:
        mapped = next(table[kind] for kind in type(error).__mro__ if kind in table)
        raise mapped(str(error) or type(error).__name__) from error
