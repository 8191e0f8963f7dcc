"""What can go wrong with a piece of media.

`str(error)` is a sentence for the person who can act on it. `retryable` says whether the same step,
tried again, may end better.
"""

from __future__ import annotations

from typing import ClassVar


class AssetError(Exception):
    """A piece of media was not stored; nothing of it was kept."""

    code: ClassVar[str] = "asset_error"
    retryable: bool = False


class DamagedMedia(AssetError):
    """Empty, cut short, or not media at all. A model that gave this may do better next time."""

    code = "damaged_media"
    retryable = True


class WrongMedia(AssetError):
    """Whole media of another kind than was asked for."""

    code = "wrong_media"


class UnsupportedMedia(AssetError):
    """A format that is known and not taken; the same would come again."""

    code = "unsupported_media"


class Declined(AssetError):
    """A check of the operator (`assets.screening`) refuses it."""

    code = "declined"


class TooLarge(AssetError):
    """More bytes, pixels or seconds than `assets.kinds.LIMITS` allows; decoding stopped there."""

    code = "too_large"


class StorageUnavailable(AssetError):
    """The disk or the bucket does not take it. When it does again, try again."""

    code = "storage_unavailable"
    retryable = True


class StorageFull(StorageUnavailable):
    """The disk, or the quota on it, is used up. Making room is enough."""

    code = "storage_full"


class FetchFailed(AssetError):
    """The address is not allowed, does not answer, or answers with too much.

    `expired`: it leads to nothing, or to nothing for us, as addresses do that hold for a time.
    """

    code = "fetch_failed"

    def __init__(self, message: str, *, retryable: bool, expired: bool = False) -> None:
        super().__init__(message)
        self.retryable, self.expired = retryable, expired
