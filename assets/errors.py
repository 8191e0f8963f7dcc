"""What can go wrong with a piece of media, as one small tree.

    AssetError
    ├── DamagedMedia   it does not decode from its first byte to its last
    ├── WrongMedia     it decodes, but to another kind than was asked for
    ├── Declined       sound media that a check of the house objects to
    ├── TooLarge       more bytes, pixels or seconds than `assets.kinds.LIMITS` allows
    ├── StorageUnavailable   it cannot be kept at present, through no fault of its own
    │   └── StorageFull      there is no room left
    └── FetchFailed    it could not be, or must not be, fetched from where it is said to lie

`str(error)` is a sentence for the person who can act on it. `retryable` says whether the same step,
tried again, may end better.
"""

from __future__ import annotations

from typing import ClassVar


class AssetError(Exception):
    """A piece of media was not taken in; nothing of it was kept."""

    code: ClassVar[str] = "asset_error"
    retryable: bool = False


class DamagedMedia(AssetError):
    """Empty, cut short, or not media at all. A model that gave this may do better next time."""

    code = "damaged_media"
    retryable = True


class WrongMedia(AssetError):
    """Sound media of another kind than was asked for."""

    code = "wrong_media"


class Declined(AssetError):
    """A check of the house (`assets.screening`) wants nobody to see it."""

    code = "declined"


class TooLarge(AssetError):
    """Over a limit; decoding stopped there."""

    code = "too_large"


class StorageUnavailable(AssetError):
    """The disk or the bucket does not take it. When it does again, try again."""

    code = "storage_unavailable"
    retryable = True


class StorageFull(StorageUnavailable):
    """The disk, or the quota on it, is used up. Making room is enough."""

    code = "storage_full"


class FetchFailed(AssetError):
    """The address is not allowed, does not answer, or answers with too much."""

    code = "fetch_failed"

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable
