"""Whether every file that assets speak of is there and as it should be, and what else lies in the storage.

Smaller copies and stills can be made again from their original. An original that is lost or damaged can not:
only a backup has it (`backups/media_repair.py`). Orphans are put aside, not destroyed. All of it while the
server runs, which stores and removes meanwhile: what is said or done of a file is looked at once more before.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage, storages

from lib import disk_space

from . import blobs, ingest
from .errors import AssetError, StorageFull
from .models import Asset

YOUNG = timedelta(hours=1)  # a file may be published before its row is
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})\.[a-z0-9]{1,12}(\.webp)?")


class Fault(StrEnum):
    """What is wrong with a file."""

    MISSING = "missing"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"  # it is there, and the storage does not give it
    ORPHANED = "orphaned"  # nothing speaks of it


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """`asset`: whose it is; None for an orphan. `original`: it cannot be made from another one. `why`: what the
    storage says of one that it does not give."""

    name: str
    fault: Fault
    bytes: int
    asset: Asset | None = None
    original: bool = False
    why: str = ""


def inspect() -> Iterator[InspectedFile]:
    """Read every file of every asset; yields those that are not as they should be.

    Raises StorageUnavailable where the storage as a whole does not answer.
    """
    for asset in Asset.objects.order_by("pk").iterator(chunk_size=200):
        if not list(_inspect_asset(asset)):
            continue
        current = Asset.objects.filter(pk=asset.pk).first()
        if current is not None:  # removed, or made anew, since it was read
            yield from _inspect_asset(current)
    yield from _orphans()


def _inspect_asset(asset: Asset) -> Iterator[InspectedFile]:
    read = _read(asset.name, asset.bytes)
    if read.fault or read.digest != asset.sha256:
        fault = read.fault or Fault.DAMAGED
        yield InspectedFile(asset.name, fault, read.bytes, asset, original=True, why=read.why)
    for copy, facts in asset.renditions.items():
        name = blobs.name_of(asset.sha256, f"{copy}.webp")
        read = _read(name, facts["bytes"])
        if read.fault or read.bytes != facts["bytes"] or not _is_picture(name):
            fault = read.fault or Fault.DAMAGED
            yield InspectedFile(name, fault, read.bytes, asset, why=read.why)


@dataclass(frozen=True, slots=True)
class _ReadFile:
    """What came of reading one: its SHA-256 and length, one byte beyond what was expected at most."""

    digest: str = ""
    bytes: int = 0
    fault: Fault | None = None
    why: str = ""


def _read(name: str, expected: int) -> _ReadFile:
    digest, size = hashlib.sha256(), 0
    try:
        for piece in blobs.read(name, 0, expected + 1):
            digest.update(piece)
            size += len(piece)
    except FileNotFoundError:
        return _ReadFile(fault=Fault.MISSING)
    except blobs.UnreadableFile as error:
        return _ReadFile(bytes=size, fault=Fault.UNREADABLE, why=error.strerror or "")
    except Exception as error:  # a border: any client library may stand behind a storage
        answer = getattr(error, "response", {})
        if 400 <= answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) < 500:
            why = answer.get("Error", {}).get("Code", "")
            return _ReadFile(bytes=size, fault=Fault.UNREADABLE, why=why)
        with blobs.bucket_errors(name):
            raise
    return _ReadFile(digest.hexdigest(), size)


def _is_picture(name: str) -> bool:
    """Decoded to its end."""
    from PIL import Image

    try:
        with blobs.local_path(name) as path, Image.open(path) as picture:
            picture.load()
    except (OSError, ValueError, SyntaxError):
        return False
    return True


def make_copies_again(asset: Asset) -> str:
    """All smaller copies of an asset, from its original. Why not, or nothing where it is done."""
    try:
        with asset.path() as path:
            ingest.remake_copies(asset, path)
    except StorageFull:
        raise
    except OSError as error:
        return f"It cannot be made again: {error.strerror}."
    except AssetError as error:
        return f"It cannot be made again: {error}"
    return ""


def _orphans() -> Iterator[InspectedFile]:
    """Files with the name of an asset or of a copy that no row speaks of, and that are not new."""
    oldest_new = datetime.now().astimezone() - YOUNG
    for name, size, changed_at in _stored():
        known = _NAME.fullmatch(name)
        if known is None or changed_at > oldest_new:
            continue
        if not _is_spoken_of(name):
            yield InspectedFile(name, Fault.ORPHANED, size)


def _stored() -> Iterator[tuple[str, int, datetime]]:
    """Every file of the storage, with its size and when it changed."""
    storage = storages["default"]
    if isinstance(storage, FileSystemStorage):
        root = Path(storage.location)
        for path in root.glob("??/??/*"):
            try:
                state = path.stat()
            except OSError:  # gone meanwhile, or no file
                continue
            if stat.S_ISREG(state.st_mode):
                changed = datetime.fromtimestamp(state.st_mtime).astimezone()
                yield path.relative_to(root).as_posix(), state.st_size, changed
        return
    yield from _stored_in_bucket(storage)


def _stored_in_bucket(storage: Storage) -> Iterator[tuple[str, int, datetime]]:
    for entry in storage.bucket.objects.all():  # type: ignore[attr-defined]
        yield entry.key, entry.size, entry.last_modified


def put_aside(found: InspectedFile) -> Path | None:
    """Out of the storage into a folder of this machine; None where that is not needed any more: it is gone, or
    spoken of by now. Raises StorageFull where this machine has no room for it."""
    target = aside_folder() / Path(found.name).name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _is_spoken_of(found.name) or not _copy_aside(found, target):
        return None
    blobs.remove([found.name])
    if _is_spoken_of(found.name):  # the same bytes came in while it was removed
        with blobs.temporary_files() as temporary:
            again = temporary.new_file()
            shutil.copyfile(target, again)
            blobs.publish({found.name: again})
        target.unlink()
        return None
    return target


def _is_spoken_of(name: str) -> bool:
    known = _NAME.fullmatch(name)
    asset = Asset.objects.with_sha256(known[1]) if known else None
    return asset is not None and name in asset.names


def _copy_aside(found: InspectedFile, target: Path) -> bool:
    """Whole and on the disk, or not at all; False where it is gone already."""
    if disk_space.free_bytes() < found.bytes + disk_space.floor_bytes():
        raise StorageFull(f"There is no room in {target.parent}.")
    draft = target.with_name(f"{target.name}.part")
    try:
        with blobs.storage_errors(), draft.open("wb") as stream:
            for piece in blobs.read(found.name, 0, found.bytes):
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    except FileNotFoundError:  # removed meanwhile
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def aside_folder() -> Path:
    """Where files go that nothing speaks of, until the operator deletes them."""
    return Path(settings.DATA_DIR) / "media-aside"
