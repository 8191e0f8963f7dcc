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
from assets.inspection import Fault, InspectedFile
from assets.models import Asset

from . import archive_file, unpacking
from .archive_file import ArchiveEntry
from .file_names import backup_folder, backups_in
from .refusals import BackupRefused


@dataclass(frozen=True, slots=True)
class MediaFinding:
    """A file that is not as it should be; `repaired`: it is now."""

    file: InspectedFile
    sentence: str
    repaired: bool = False


def examine() -> Iterator[MediaFinding]:
    """Without changing anything."""
    for found in inspection.inspect():
        yield MediaFinding(found, _what(found))


def repair(source: Path | None = None) -> Iterator[MediaFinding]:
    """Lost originals are looked for in `source`, else in the backups of this machine, the newest first.

    Raises BackupRefused where `source` is no backup.
    """
    faults = list(inspection.inspect())
    lost = {one.name for one in faults if one.original}
    recovered = _recover(lost, source)
    again: dict[int, str] = {}  # by asset: why its copies could not be made, or nothing
    for found in faults:
        if found.fault is Fault.ORPHANED:
            aside = inspection.put_aside(found)
            where = f"Put aside: {aside}." if aside else "It is gone already."
            yield MediaFinding(found, f"{_what(found)} {where}", repaired=True)
        elif found.original:
            yield _of_original(found, recovered)
        elif found.asset is not None:
            if found.asset.pk not in again:
                again[found.asset.pk] = inspection.make_copies_again(found.asset)
            problem = again[found.asset.pk]
            sentence = problem or "Made again from the original."
            yield MediaFinding(found, f"{_what(found)} {sentence}", repaired=not problem)


def _of_original(found: InspectedFile, recovered: set[str]) -> MediaFinding:
    if found.name in recovered:
        return MediaFinding(found, f"{_what(found)} Put back from a backup.", repaired=True)
    return MediaFinding(
        found, f"{_what(found)} No backup here has it: name another one with `--from FILE`."
    )


def _what(found: InspectedFile) -> str:
    if found.fault is Fault.ORPHANED:
        return f"{found.name}: nothing speaks of it ({found.bytes} bytes)."
    what = "an original" if found.original else "a smaller copy"
    return f"{found.name}: {what}, {found.fault}."


def _recover(names: set[str], source: Path | None) -> set[str]:
    """Which of these originals were put back."""
    left, recovered = set(names), set[str]()
    if source is not None:
        unpacking.read_manifest(source)
    for file in _candidates(source):
        if not left:
            break
        found = _recover_from(file, left)
        recovered |= found
        left -= found
    return recovered


def _candidates(source: Path | None) -> Iterable[Path]:
    return [source] if source else [one.path for one in backups_in(backup_folder())]


def _recover_from(file: Path, names: set[str]) -> set[str]:
    """An original proves itself by its name, so that even a damaged backup may give some back."""
    found: set[str] = set()

    def take(entry: ArchiveEntry) -> None:
        name = entry.media_name
        if name is None or name not in names or name in found:
            for _ in entry.pieces:
                pass
        elif _put_back(name, entry):
            found.add(name)

    with suppress(BackupRefused):  # what was found until then is good
        archive_file.read_archive(file, take)
    return found


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
