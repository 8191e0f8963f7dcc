"""Taking media in: stream, hash, decode to the end, make renditions, publish, write the row.

In this order, so that a kill at any point leaves either an asset or nothing that anybody can see.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from django.utils import timezone

from . import blobs, containers, images, timed
from .errors import DamagedMedia, StorageUnavailable, TooLarge, WrongMedia
from .kinds import LIMITS, MEGA, Kind
from .models import Asset
from .probe import Examined

Screen = Callable[[Path, Kind, str], None]
CHUNK = 1 << 20
# Decoding takes all the memory there is to take here: 50 calls ending at once must not need it 50
# times. Each kind has its own turns, so that no image waits behind a video.
_turns = {kind: threading.BoundedSemaphore(2) for kind in Kind}


def store(
    source: bytes | Path | BinaryIO,
    *,
    kind: str,
    content_type: str = "",
    screen: Screen | None = None,
) -> Asset:
    """Keep what a model made and return its asset; the same bytes always give the same one.

    `content_type` is what the sender said; it is not believed. `screen` is shown what was decoded
    before it is published, and objects by raising. Blocks: call it from a thread, with no
    transaction open. A `Path` is copied, not moved. Raises `assets.errors.AssetError` and then has
    kept nothing.
    """
    asked = Kind(kind)
    with blobs.workbench() as bench:
        incoming = bench.new_file()
        sha256 = _receive(source, incoming, asked)
        known = Asset.objects.of_content(sha256)
        if known and blobs.exists(known.name) and known.touch(timezone.now()):
            if screen:
                screen(incoming, asked, known.content_type)
            return _of_kind(known, asked)
        with _turns[asked]:
            examined = _examine(incoming, asked, bench)
        if screen:
            screen(examined.path, asked, examined.probe.content_type)
        if examined.path != incoming:
            sha256 = _hash(examined.path)
        return _publish(sha256, examined)


def _receive(source: bytes | Path | BinaryIO, target: Path, kind: Kind) -> str:
    """Copy into `target`, no further than the kind's limit; the SHA-256 of what came."""
    digest = hashlib.sha256()
    size = 0
    with target.open("xb") as stream:
        for chunk in _chunks(source):
            size += len(chunk)
            if size > LIMITS[kind].size:
                raise TooLarge(
                    f"The file is too large: {kind.phrase} may have at most "
                    f"{LIMITS[kind].size // MEGA} MB."
                )
            digest.update(chunk)
            stream.write(chunk)
    if not size:
        raise DamagedMedia(f"Nothing came where {kind.phrase} was expected: the file is empty.")
    return digest.hexdigest()


def _chunks(source: bytes | Path | BinaryIO) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
    elif isinstance(source, Path):
        with source.open("rb") as stream:
            yield from iter(lambda: stream.read(CHUNK), b"")
    else:
        yield from iter(lambda: source.read(CHUNK), b"")


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _examine(path: Path, asked: Kind, bench: blobs.Workbench) -> Examined:
    container = containers.recognise(path)
    if container is None:
        raise DamagedMedia(f"What came is not {asked.phrase}, nor any media that is known.")
    # An animated GIF is the one image that may also stand for a video.
    stray = container.kind and container.kind is not asked
    if stray and not (container is containers.GIF and asked is Kind.VIDEO):
        raise _wrong(container.kind, asked)
    if asked is not Kind.IMAGE:
        return timed.examine(path, container, asked, bench.new_file)
    if container.kind is None:
        raise WrongMedia("A sound or a video came where an image was expected.")
    return images.examine(path, bench.new_file)


def _wrong(came: Kind | None, asked: Kind) -> WrongMedia:
    came_as = came.phrase.capitalize() if came else "Something else"
    return WrongMedia(f"{came_as} came where {asked.phrase} was expected.")


def _of_kind(asset: Asset, asked: Kind) -> Asset:
    if asset.kind != asked:
        raise WrongMedia(
            f"{Kind(asset.kind).phrase.capitalize()} came where {asked.phrase} was expected."
        )
    return asset


def _publish(sha256: str, examined: Examined) -> Asset:
    """Renditions first, the original next, the row last: what is seen is whole."""
    probe = examined.probe
    renditions = {
        size: {"width": copy.width, "height": copy.height, "bytes": copy.path.stat().st_size}
        for size, copy in examined.copies.items()
    }
    size = examined.path.stat().st_size
    files = {
        blobs.name_of(sha256, f"{size_name}.webp"): copy.path
        for size_name, copy in examined.copies.items()
    }
    blobs.publish({**files, blobs.name_of(sha256, probe.extension): examined.path})
    asset = Asset.objects.published(
        sha256=sha256,
        kind=probe.kind,
        content_type=probe.content_type,
        extension=probe.extension,
        bytes=size,
        width=probe.width,
        height=probe.height,
        seconds=probe.seconds,
        renditions=renditions,
    )
    if not blobs.exists(asset.name) or not asset.touch(timezone.now()):
        raise StorageUnavailable("The same media was being removed at this moment.")
    return asset
