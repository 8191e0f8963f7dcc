"""What can go wrong when a model is asked, as one small tree.

    PlatformError
    ├── NotConfigured      no key, no weights, no server: an owner or admin must do something
    ├── Refused            the provider will not do this, ever: kind "sensitive" or "invalid"
    ├── RateLimited        try again, not before `retry_after` seconds
    ├── Unavailable        the provider is down, or answered with something that makes no sense
    │   └── Unusable       it answered, and the answer is no output of the model: never asked again
    ├── TimedOut           no answer within the model's deadline
    └── Cancelled          the call's cancel signal was heard; not a failure

Each carries a sentence for the person who can act on it. Vendors' exceptions never leave their
adapter's file.
"""

from __future__ import annotations

from typing import Self

from . import sentences


class PlatformError(Exception):
    """A model call did not end in an output; `str(error)` is fit to be shown to the owner.

    `settled` is set by an adapter that knows the provider is done with this request: a retry is
    then a new request under a new idempotency key. Otherwise the same key, and the provider's id
    where one is known, are used again, so that nothing is paid for twice.
    """

    code = "platform_error"
    kind = ""  # of a refusal
    permanent = False
    settled = False
    key_refused = False
    outcome_hidden = False  # it was asked, and what became of that is not known: it may be charged
    is_charged = False  # an answer came: what it costs counts
    is_free = False  # the provider says that it never began
    is_final = False  # whatever its kind, it is not asked again
    usd: float | None = None  # what was charged for the failed call, where that is known

    def as_settled(self) -> Self:
        """This error, marked as the provider's last word on the request."""
        self.settled = True
        return self

    def as_hidden(self) -> Self:
        """This error, where the request may have been carried out and only its answer was lost."""
        self.outcome_hidden = True
        return self

    def as_free(self) -> Self:
        """This error, where the provider says that it did not begin with the request."""
        self.is_free, self.outcome_hidden = True, False
        return self

    def as_final(self) -> Self:
        """This error, where asking once more would be of no use: there is nobody to ask."""
        self.is_final = True
        return self

    def charged(self, usd: float | None) -> Self:
        """This error of a call that was charged, with the amount where the provider says it."""
        self.is_charged, self.usd = True, usd
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


class Unusable(Unavailable):
    """The provider answered, but not with what the model is for: damaged, empty, of another kind,
    too large. It is charged, and the same would come again: the slot's fallback is asked, or the
    step fails. It is no outage."""

    code = "unusable"
    settled = is_charged = True


class TimedOut(PlatformError):
    """No answer within the deadline."""

    code = "timed_out"
    outcome_hidden = True


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
        super().__init__(sentences.STOPPED % {"outcome": outcome})
        self.outcome = outcome
