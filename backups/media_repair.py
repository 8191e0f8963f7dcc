"""What `manage.py doctor --media` finds, and what `--repair` does about it.

Lost and damaged originals come from a backup, smaller copies are made again from their originals, and
orphans are put aside. Safe to interrupt, to repeat, and while the server runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assets import blobs, inspection
from assets.blobs import UnreadableFile
from assets.errors import AssetError, StorageFull
from assets.inspection import Fault, InspectedFile
from assets.models import Asset

from . import archive_file, unpacking
from .archive_file import ArchiveEntry
from .file_names import backup_folder, backups_in
from .refusals import BackupRefused

ORIGINAL_TOO = "It is made from the original, which is not there either."


@dataclass(frozen=True, slots=True)
class MediaFinding:
    """A file that is not as it should be; `repaired`: it is now."""

    file: InspectedFile
    sentence: str
    repaired: bool = False


def examine() -> Iterator[MediaFinding]:
    """Without changing anything. Raises StorageUnavailable where the storage does not answer."""
    for found in inspection.inspect():
        yield MediaFinding(found, _what(found))


def repair(source: Path | None = None) -> Iterator[MediaFinding]:
    """Lost originals are looked for in `source`, else in the backups of this machine, the newest first.

    Raises BackupRefused where `source` is no backup, and StorageUnavailable where the storage does not answer.
    """
    faults = list(inspection.inspect())
    recovery = _Recovery({one.name for one in faults if one.original}, source)
    recovery.recover()
    again: dict[int, str] = {}  # by asset: why its copies could not be made, or nothing
    for found in faults:
        if found.fault is Fault.ORPHANED:
            yield _of_orphan(found)
        elif found.original:
            yield _of_original(found, recovery)
        elif found.asset is not None:
            asset = found.asset
            if asset.pk not in again:
                lost = asset.name in recovery.left
                again[asset.pk] = ORIGINAL_TOO if lost else inspection.make_copies_again(asset)
            problem = again[asset.pk]
            sentence = problem or "Made again from the original."
            yield MediaFinding(found, f"{_what(found)} {sentence}", repaired=not problem)


def _of_orphan(found: InspectedFile) -> MediaFinding:
    try:
        aside = inspection.put_aside(found)
    except UnreadableFile as error:
        sentence = f"It cannot be read ({error.strerror}), so it stays."
        return MediaFinding(found, f"{_what(found)} {sentence}")
    where = f"Put aside: {aside}." if aside else "By now it is gone, or something speaks of it."
    return MediaFinding(found, f"{_what(found)} {where}", repaired=True)


def _of_original(found: InspectedFile, recovery: _Recovery) -> MediaFinding:
    if found.name not in recovery.left:
        return MediaFinding(found, f"{_what(found)} Put back from a backup.", repaired=True)
    sentence = "No backup here has it: name another one with `--from FILE`."
    if refused := recovery.refused.get(found.name):
        sentence = f"A backup has it, and it cannot be put back: {refused}"
    return MediaFinding(found, f"{_what(found)} {sentence}")


def _what(found: InspectedFile) -> str:
    if found.fault is Fault.ORPHANED:
        return f"{found.name}: nothing speaks of it ({found.bytes} bytes)."
    what = "an original" if found.original else "a smaller copy"
    if found.fault is Fault.UNREADABLE:
        return f"{found.name}: {what} that cannot be read ({found.why})."
    return f"{found.name}: {what}, {found.fault}."


class _Recovery:
    """Putting lost originals back from backups. `left`: those that are still to be found; `refused`: why one
    that was found could not be put back."""

    def __init__(self, names: set[str], source: Path | None) -> None:
        self.left = names
        self.refused: dict[str, str] = {}
        if source is not None:
            unpacking.read_manifest(source)
        self._source = source

    def recover(self) -> None:
        for file in self._candidates():
            if not self.left:
                break
            with suppress(BackupRefused):  # what was found until then is good
                archive_file.read_archive(file, self._take)

    def _candidates(self) -> Iterable[Path]:
        if self._source:
            return [self._source]
        return [one.path for one in backups_in(backup_folder())]

    def _take(self, entry: ArchiveEntry) -> None:
        """An original proves itself by its name, so that even a damaged backup may give some back."""
        name = entry.media_name
        if name is None or name not in self.left:
            for _ in entry.pieces:
                pass
            return
        try:
            if _put_back(name, entry):
                self.left.discard(name)
        except StorageFull:
            raise
        except OSError as error:
            self.refused[name] = f"{error.strerror}."
        except AssetError as error:
            self.refused[name] = str(error)


def _put_back(name: str, entry: ArchiveEntry) -> bool:
    digest = hashlib.sha256()
    with blobs.temporary_files() as temporary:
        path = temporary.new_file()
        with path.open("xb") as stream:
            for piece in entry.pieces:
                digest.update(piece)
                stream.write(piece)
        if digest.hexdigest() != Path(name).name.partition(".")[0]:
            return False
        blobs.publish({name: path}, replace={name})
    return Asset.objects.with_sha256(digest.hexdigest()) is not None
