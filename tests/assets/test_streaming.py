"""Media of any size are hashed and written as they arrive."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator

import pytest

from assets import ingest
from assets.errors import DamagedMedia, TooLarge
from assets.models import Asset

from . import samples
from .conftest import EverythingKept

MEGA = 1_000_000
CHUNK = bytes(MEGA)


def pieces(data: bytes, size: int = 1_000) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def zeros(megabytes: int) -> Iterator[bytes]:
    return (CHUNK for _ in range(megabytes))


@pytest.mark.django_db(transaction=True)
def test_chunks_become_the_asset_of_their_bytes() -> None:
    data = samples.image(size=(300, 200))

    asset = ingest.store(pieces(data), kind="image")

    assert asset.sha256 == hashlib.sha256(data).hexdigest()
    assert ingest.store(data, kind="image") == asset


@pytest.mark.django_db(transaction=True)
def test_a_stream_of_200_mb_takes_a_few(everything_kept: EverythingKept) -> None:
    tracemalloc.start()
    with pytest.raises(DamagedMedia):  # zeros are no video; all of them came
        ingest.store(zeros(200), kind="video")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 10 * MEGA
    assert everything_kept.published() == everything_kept.temporary() == []


@pytest.mark.django_db(transaction=True)
def test_over_the_limit_reading_stops(everything_kept: EverythingKept) -> None:
    read = []

    def endless() -> Iterator[bytes]:
        while True:
            read.append(1)
            yield CHUNK

    with pytest.raises(TooLarge, match="at most 5 MB"):
        ingest.store(endless(), kind="video", max_bytes=5 * MEGA)

    assert len(read) == 6
    assert everything_kept.temporary() == []


@pytest.mark.django_db(transaction=True)
def test_a_stream_that_breaks_off_leaves_nothing(everything_kept: EverythingKept) -> None:
    def broken() -> Iterator[bytes]:
        yield samples.image()[:100]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        ingest.store(broken(), kind="image")

    assert everything_kept.published() == everything_kept.temporary() == []
    assert not Asset.objects.exists()
