"""What must hold when disks fill up, processes die and two do the same thing at once."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import File
from django.core.files.storage import InMemoryStorage, storages
from django.db import connection
from pytest_django import Settings

from assets import blobs
from assets.errors import StorageFull, StorageUnavailable
from assets.ingest import store
from assets.models import Asset

from . import samples
from .conftest import EverythingKept


class FullStorage(InMemoryStorage):
    """A storage that is not a local disk and has no room left."""

    def _save(self, name: str, content: File[bytes]) -> str:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_at_once_are_one_asset(everything_kept: EverythingKept) -> None:
    data = samples.image(size=(300, 300))

    def store_it(_: int) -> Asset:
        try:
            return store(data, kind="image")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assets = list(pool.map(store_it, range(6)))

    assert len({asset.pk for asset in assets}) == Asset.objects.count() == 1
    assert len(everything_kept.published()) == 2  # the image and its tile
    assert everything_kept.temporary() == []


@pytest.mark.django_db
def test_a_full_quota_is_said_in_a_sentence(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tests.assets.test_keeping.FullStorage"},
    }

    with pytest.raises(StorageFull, match="no room left") as caught:
        store(samples.image(), kind="image")

    assert caught.value.retryable
    assert not Asset.objects.exists()
    assert list((tmp_path / blobs.INCOMING).iterdir()) == []


class BrokenStorage(InMemoryStorage):
    def _save(self, name: str, content: File[bytes]) -> str:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.django_db
def test_a_broken_disk_is_said_in_a_sentence(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tests.assets.test_keeping.BrokenStorage"},
    }

    with pytest.raises(StorageUnavailable, match="at present: Input/output error"):
        store(samples.image(), kind="image")

    assert not Asset.objects.exists()


@pytest.fixture
def small_disk(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A real file system of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)]
    try:
        mounted = subprocess.run(mounting, capture_output=True, check=False, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted: {mounted.stderr.strip()}")
    settings.MEDIA_ROOT = disk / "media"
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "data"),
    [
        pytest.param("image", samples.image("PNG", (800, 600)), id="while it comes in"),
        pytest.param("image", samples.image("JPEG", (1_000, 1_000)), id="while renditions are made"),
        pytest.param("audio", samples.sound("mulaw", 90, 8_000), id="while it is converted"),
    ],
)  # fmt: skip
def test_a_full_disk_loses_nothing_and_room_is_enough_to_go_on(
    small_disk: Path, kind: str, data: bytes
) -> None:
    kept = store(samples.image(size=(40, 40)), kind="image")
    filler = small_disk / "filler"
    filler.write_bytes(b"\0" * max(0, 950_000 - len(data)))

    with pytest.raises(StorageFull, match=r"^There is no room left .+\.$"):
        store(data, kind=kind)

    assert list(Asset.objects.all()) == [kept]
    with kept.path() as path:
        assert path.read_bytes() == samples.image(size=(40, 40))
    assert list((small_disk / "media" / blobs.INCOMING).iterdir()) == []
    filler.unlink()
    if len(data) < 400_000:
        assert store(data, kind=kind).pk


@pytest.mark.django_db
def test_a_source_that_breaks_off_leaves_nothing(everything_kept: EverythingKept) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise ConnectionResetError
            return super().read(100)

    with pytest.raises(ConnectionResetError):
        store(Broken(samples.image()), kind="image")

    assert everything_kept.published() == everything_kept.temporary() == []


def test_what_a_kill_left_is_swept_once_it_is_old(media_root: Path) -> None:
    incoming = media_root / blobs.INCOMING
    incoming.mkdir(parents=True)
    for name, age in (("left", 7_200), ("in use", 10)):
        (incoming / name).write_bytes(b"half")
        os.utime(incoming / name, (time.time() - age,) * 2)

    assert blobs.sweep_temporary(timedelta(hours=1)) == 1

    assert [path.name for path in incoming.iterdir()] == ["in use"]


def test_there_is_nothing_to_sweep_before_anything_was_stored() -> None:
    assert blobs.sweep_temporary() == 0


@pytest.mark.django_db
def test_a_storage_that_is_no_local_disk_holds_the_same(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }

    asset = store(samples.image(), kind="image")
    Asset.objects.update(ingest_version=0)
    again = store(samples.image(), kind="image")

    assert again == asset
    with asset.path() as path:
        assert path.read_bytes() == samples.image()
    assert not path.exists()
    folder = asset.name.rpartition("/")[0]
    assert len(storages["default"].listdir(folder)[1]) == 2  # the image and its tile
    assert b"".join(blobs.read(asset.name, 5, 20)) == samples.image()[5:25]
