"""Storing media: receive and hash, decode to the end, make renditions, publish, write the row.

In this order, so that a kill at any point leaves either an asset or nothing that anybody can see.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from django.utils import timezone

from . import blobs, containers, sentences, unsupported
from .errors import DamagedMedia, StorageUnavailable, WrongMedia
from .kinds import LIMITS, Examined, MediaKind
from .models import Asset
from .models.asset import Rendition

Source = bytes | Path | IO[bytes] | Iterable[bytes]
Screen = Callable[[Path, MediaKind, str], None]
CHUNK = 1 << 20
# Decoding needs most of the memory: 50 calls ending at once must not need it 50 times. Each kind has
# its own slots, so that no image waits behind a video.
_decoding_slots = {kind: threading.BoundedSemaphore(2) for kind in MediaKind}


def store(
    source: Source,
    *,
    kind: str,
    content_type: str = "",
    screen: Screen | None = None,
    max_bytes: int | None = None,
) -> Asset:
    """Keep a piece of media and return its asset; the same bytes always give the same one.

    `source` is hashed and written as it arrives, so memory does not grow with its size; over
    `max_bytes`, which is the kind's limit unless given, reading stops. `content_type` is what the
    sender said; it is used in the sentence about what is not taken alone. `screen` gets what was decoded before it is published, and objects
    by raising. Blocks: call it from a thread, with no transaction open. A `Path` is copied, not
    moved. Raises `assets.errors.AssetError` and then has kept nothing.
    """
    asked = MediaKind(kind)
    with blobs.temporary_files() as files:
        incoming = _Incoming(files.new_file(), asked, max_bytes)
        with incoming:
            for chunk in _chunks(source):
                incoming.write(chunk)
        return _keep(incoming, content_type, files, screen)


class _Incoming(AbstractContextManager[None]):
    """A file that is written and hashed chunk by chunk, up to a limit."""

    def __init__(self, path: Path, kind: MediaKind, max_bytes: int | None) -> None:
        self.path = path
        self.kind = kind
        self._max_bytes = LIMITS[kind].size if max_bytes is None else max_bytes
        self._digest = hashlib.sha256()
        self._size = 0
        self._stream = path.open("xb")

    def write(self, chunk: bytes) -> None:
        """Raises TooLarge."""
        self._size += len(chunk)
        self.kind.require_size(self._size, self._max_bytes)
        self._digest.update(chunk)
        self._stream.write(chunk)

    def sha256(self) -> str:
        """Of everything that came. Raises DamagedMedia where nothing did."""
        if not self._size:
            raise DamagedMedia(sentences.EMPTY % {"phrase": self.kind.phrase})
        return self._digest.hexdigest()

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def _keep(
    incoming: _Incoming, content_type: str, files: blobs.TemporaryFiles, screen: Screen | None
) -> Asset:
    """The asset of a file that has arrived: a known one, or decoded, screened and published."""
    asked, sha256 = incoming.kind, incoming.sha256()
    known = Asset.objects.with_sha256(sha256)
    if known and asked is MediaKind.VIDEO and known.kind == MediaKind.IMAGE:
        known = None  # kept as a picture; as a film it is another asset
    if known and known.is_current and blobs.exists(known.name) and known.touch(timezone.now()):
        if screen:
            screen(incoming.path, asked, known.content_type)
        asked.require(MediaKind(known.kind))
        return known
    with _decoding_slots[asked]:
        examined = _examine(incoming.path, asked, content_type, files)
    if screen:
        screen(examined.path, asked, examined.probe.content_type)
    if examined.path != incoming.path:
        sha256 = _hash(examined.path)
    return _publish(sha256, examined)


def remake_copies(asset: Asset, path: Path) -> None:
    """Make the smaller copies of an asset anew from its original, which lies at `path`. Raises AssetError."""
    kind = MediaKind(asset.kind)
    with blobs.temporary_files() as files, _decoding_slots[kind]:
        examined = _examine(path, kind, asset.content_type, files)
        described, made = _copies(asset.sha256, examined)
        blobs.publish(made, replace=made)
        asset.describe_copies(described)


def _chunks(source: Source) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
    elif isinstance(source, Path):
        with source.open("rb") as stream:
            yield from iter(lambda: stream.read(CHUNK), b"")
    elif hasattr(source, "read"):
        yield from iter(lambda: source.read(CHUNK), b"")
    else:
        yield from source


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _examine(
    path: Path, asked: MediaKind, content_type: str, files: blobs.TemporaryFiles
) -> Examined:
    # Here: Pillow takes 3 MB of a web process that is sent no media.
    from . import animations, images, timed

    container = containers.recognise(path)
    if container is None:
        unsupported.require_supported(path, asked, content_type)
        raise DamagedMedia(sentences.UNKNOWN % {"phrase": asked.phrase})
    if asked is MediaKind.VIDEO and container.kind is MediaKind.IMAGE and animations.moves(path):
        film = animations.as_film(path, files.new_file())
        return timed.examine(film, containers.MP4, asked, files.new_file)
    if container.kind:
        asked.require(container.kind)
    if asked is not MediaKind.IMAGE:
        return timed.examine(path, container, asked, files.new_file)
    if container.kind is None:
        raise WrongMedia(sentences.NOT_AN_IMAGE)
    return images.examine(path, files.new_file)


def _publish(sha256: str, examined: Examined) -> Asset:
    """Renditions first, the original next, the row last: what is seen is whole."""
    probe = examined.probe
    size = examined.path.stat().st_size
    renditions, made = _copies(sha256, examined)
    original = {blobs.name_of(sha256, probe.extension): examined.path}
    blobs.publish({**made, **original}, replace=made)
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
        raise StorageUnavailable(sentences.BEING_REMOVED)
    return asset


def _copies(sha256: str, examined: Examined) -> tuple[dict[str, Rendition], dict[str, Path]]:
    """What the row is to say of the smaller copies, and their files by the names to publish them under."""
    described: dict[str, Rendition] = {
        size: {"width": copy.width, "height": copy.height, "bytes": copy.path.stat().st_size}
        for size, copy in examined.copies.items()
    }
    made = {
        blobs.name_of(sha256, f"{size}.webp"): copy.path for size, copy in examined.copies.items()
    }
    return described, made
