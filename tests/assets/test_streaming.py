"""Media of any size are hashed and written as they arrive."""

from __future__ import annotations

import asyncio
import hashlib
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator

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


async def asynchronous(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


def zeros(megabytes: int) -> Iterator[bytes]:
    return (CHUNK for _ in range(megabytes))


def store(chunks: Iterator[bytes], *, kind: str, max_bytes: int | None = None) -> Asset:
    return ingest.store(chunks, kind=kind, max_bytes=max_bytes)


def store_async(chunks: Iterator[bytes], *, kind: str, max_bytes: int | None = None) -> Asset:
    return asyncio.run(ingest.store_async(asynchronous(chunks), kind=kind, max_bytes=max_bytes))


both = pytest.mark.parametrize("put", [store, store_async])
Put = Callable[..., Asset]


@pytest.mark.django_db(transaction=True)
@both
def test_chunks_become_the_asset_of_their_bytes(put: Put) -> None:
    data = samples.image(size=(300, 200))

    asset = put(pieces(data), kind="image")

    assert asset.sha256 == hashlib.sha256(data).hexdigest()
    assert ingest.store(data, kind="image") == asset


@pytest.mark.django_db(transaction=True)
@both
def test_a_stream_of_200_mb_takes_a_few(put: Put, everything_kept: EverythingKept) -> None:
    tracemalloc.start()
    with pytest.raises(DamagedMedia):  # zeros are no video; all of them came
        put(zeros(200), kind="video")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 10 * MEGA
    assert everything_kept.published() == everything_kept.temporary() == []


@pytest.mark.django_db(transaction=True)
@both
def test_over_the_limit_reading_stops(put: Put, everything_kept: EverythingKept) -> None:
    read = []

    def endless() -> Iterator[bytes]:
        while True:
            read.append(1)
            yield CHUNK

    with pytest.raises(TooLarge, match="at most 5 MB"):
        put(endless(), kind="video", max_bytes=5 * MEGA)

    assert len(read) == 6
    assert everything_kept.temporary() == []


@pytest.mark.django_db(transaction=True)
@both
def test_a_stream_that_breaks_off_leaves_nothing(put: Put, everything_kept: EverythingKept) -> None:
    def broken() -> Iterator[bytes]:
        yield samples.image()[:100]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        put(broken(), kind="image")

    assert everything_kept.published() == everything_kept.temporary() == []
    assert not Asset.objects.exists()
