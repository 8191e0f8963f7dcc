"""Whether every file that assets speak of is there and as it should be, and what else lies in the storage.

Smaller copies and stills can be made again from their original. An original that is lost or damaged can not:
only a backup has it (`backups/media_repair.py`). Orphans are put aside, not destroyed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage, storages

from . import blobs, ingest
from .errors import AssetError, StorageUnavailable
from .models import Asset

YOUNG = timedelta(hours=1)  # a file may be published before its row is
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})\.[a-z0-9]{1,12}(\.webp)?")


class Fault(StrEnum):
    """What is wrong with a file."""

    MISSING = "missing"
    DAMAGED = "damaged"
    ORPHANED = "orphaned"  # nothing speaks of it


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """`asset`: whose it is; None for an orphan. `original`: it cannot be made from another one."""

    name: str
    fault: Fault
    bytes: int
    asset: Asset | None = None
    original: bool = False


def inspect() -> Iterator[InspectedFile]:
    """Read every file of every asset; yields those that are not as they should be."""
    for asset in Asset.objects.order_by("pk").iterator(chunk_size=200):
        yield from _inspect_asset(asset)
    yield from _orphans()


def _inspect_asset(asset: Asset) -> Iterator[InspectedFile]:
    digest, size = _read(asset.name, asset.bytes)
    if digest is None:
        yield InspectedFile(asset.name, Fault.MISSING, 0, asset, original=True)
    elif digest != asset.sha256:
        yield InspectedFile(asset.name, Fault.DAMAGED, size, asset, original=True)
    for copy, facts in asset.renditions.items():
        name = blobs.name_of(asset.sha256, f"{copy}.webp")
        digest, size = _read(name, facts["bytes"])
        if digest is None:
            yield InspectedFile(name, Fault.MISSING, 0, asset)
        elif size != facts["bytes"] or not _is_picture(name):
            yield InspectedFile(name, Fault.DAMAGED, size, asset)


def _read(name: str, expected: int) -> tuple[str | None, int]:
    """The SHA-256 and length of a file, one byte beyond what is expected at most; None where it is not
    there."""
    digest, size = hashlib.sha256(), 0
    try:
        for piece in blobs.read(name, 0, expected + 1):
            digest.update(piece)
            size += len(piece)
    except FileNotFoundError:
        return None, 0
    return digest.hexdigest(), size


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
            if not path.exists():
                return "The original is missing, too."
            ingest.remake_copies(asset, path)
    except FileNotFoundError:
        return "The original is missing, too."
    except StorageUnavailable:
        raise
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
        asset = Asset.objects.with_sha256(known[1])
        if asset is None or name not in asset.names:
            yield InspectedFile(name, Fault.ORPHANED, size)


def _stored() -> Iterator[tuple[str, int, datetime]]:
    """Every file of the storage, with its size and when it changed."""
    storage = storages["default"]
    if isinstance(storage, FileSystemStorage):
        root = Path(storage.location)
        for path in root.glob("??/??/*"):
            if path.is_file():
                state = path.stat()
                changed = datetime.fromtimestamp(state.st_mtime).astimezone()
                yield path.relative_to(root).as_posix(), state.st_size, changed
        return
    yield from _stored_in_bucket(storage)


def _stored_in_bucket(storage: Storage) -> Iterator[tuple[str, int, datetime]]:
    for entry in storage.bucket.objects.all():  # type: ignore[attr-defined]
        yield entry.key, entry.size, entry.last_modified


def put_aside(found: InspectedFile) -> Path | None:
    """Out of the storage into a folder of this machine; None where it is gone already."""
    target = aside_folder() / Path(found.name).name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.part")
    try:
        with draft.open("wb") as stream:
            for piece in blobs.read(found.name, 0, found.bytes):
                stream.write(piece)
        draft.replace(target)
    except FileNotFoundError:  # removed meanwhile
        draft.unlink(missing_ok=True)
        return None
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    blobs.remove([found.name])
    return target


def aside_folder() -> Path:
    """Where files go that nothing speaks of, until the operator deletes them."""
    return Path(settings.DATA_DIR) / "media-aside"
