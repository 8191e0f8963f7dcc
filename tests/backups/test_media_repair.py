"""Files that are missing, damaged or spoken of by nothing, and what becomes of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from assets import blobs, inspection
from assets.ingest import store
from assets.inspection import Fault, InspectedFile
from assets.models import Asset
from backups import file_names, media_repair
from lib import disk_space
from tests.assets import samples

from .conftest import Create

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def files(picture: Asset, folders: Path) -> tuple[Path, Path]:
    """An original and its smaller copy."""
    original, copy = (folders / "media" / name for name in picture.names)
    return original, copy


def faults() -> dict[str, Fault]:
    return {found.name: found.fault for found in inspection.inspect()}


def repaired() -> dict[str, bool]:
    return {one.file.name: one.repaired for one in media_repair.repair()}


def doctor(*arguments: str) -> tuple[int, str]:
    out, status = StringIO(), 0
    try:
        call_command("doctor", "--media", *arguments, stdout=out)
    except SystemExit as error:
        status = int(error.code or 0)
    return status, out.getvalue()


def test_whole_media_are_left_alone(files: tuple[Path, Path]) -> None:
    assert doctor() == (0, "ok   media: all files of 1 assets are whole.\n")


@pytest.mark.parametrize("how", ["missing", "cut short", "no picture"])
def test_a_smaller_copy_is_made_again(files: tuple[Path, Path], picture: Asset, how: str) -> None:
    _, copy = files
    before = copy.read_bytes()
    if how == "missing":
        copy.unlink()
    else:
        copy.write_bytes(before[:-40] if how == "cut short" else bytes(len(before)))

    status, said = doctor()
    assert (status, list(faults())) == (1, [picture.names[1]])
    assert "`--repair`" in said
    assert repaired() == {picture.names[1]: True}
    assert faults() == {}
    assert copy.read_bytes() == before


@pytest.mark.parametrize("damage", [None, b"", b"something else"])
def test_an_original_comes_back_from_a_backup(
    files: tuple[Path, Path],
    picture: Asset,
    create: Create,
    folders: Path,
    damage: bytes | None,
) -> None:
    original, _ = files
    before = original.read_bytes()
    made = create()
    if damage is None:
        original.unlink()
    else:
        original.write_bytes(damage)

    without = repaired()
    file_names.backup_folder().mkdir()
    made.path.rename(file_names.backup_folder() / made.path.name)
    status, said = doctor("--repair")

    assert without == {picture.name: False}
    assert status == 0
    assert "Put back from a backup." in said
    assert original.read_bytes() == before
    assert faults() == {}


def test_everything_of_an_asset_comes_back(
    files: tuple[Path, Path], create: Create, folders: Path
) -> None:
    made = create()
    contents = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()

    status, said = doctor("--repair", "--from", str(made.path))

    assert status == 0, said
    assert [file.read_bytes() for file in files] == contents


def _make_unreadable(path: Path) -> None:
    """Also for root: a link that leads to itself."""
    path.unlink()
    path.symlink_to(path.name)


def test_a_file_that_cannot_be_read_is_one_finding_among_others(
    files: tuple[Path, Path], picture: Asset, create: Create
) -> None:
    original, copy = files
    before = original.read_bytes()
    made = create()
    _make_unreadable(original)
    copy.unlink()

    found = faults()
    status, said = doctor("--repair", "--from", str(made.path))

    assert found == {picture.name: Fault.UNREADABLE, picture.names[1]: Fault.MISSING}
    assert "an original that cannot be read (Too many levels of symbolic links)." in said
    assert status == 0, said
    assert original.read_bytes() == before
    assert faults() == {}


def test_where_nothing_can_be_put_the_others_are_repaired_nevertheless(
    files: tuple[Path, Path], picture: Asset, create: Create
) -> None:
    original, copy = files
    made = create()
    original.unlink()
    copy.unlink()
    copy.mkdir()

    status, said = doctor("--repair", "--from", str(made.path))

    assert status == 1
    assert "Put back from a backup." in said
    assert f"{picture.names[1]}: a smaller copy that cannot be read" in said
    assert "It cannot be made again: Is a directory." in said


def test_a_copy_whose_original_is_lost_says_so(files: tuple[Path, Path]) -> None:
    for file in files:
        file.unlink()

    status, said = doctor("--repair")

    assert status == 1
    assert "It is made from the original, which is not there either." in said


def test_a_backup_is_made_without_a_file_that_cannot_be_read(
    files: tuple[Path, Path], picture: Asset, create: Create
) -> None:
    _make_unreadable(files[0])

    assert create().media.missing == [picture.name]


def test_what_is_removed_while_it_is_read_is_not_missing(
    files: tuple[Path, Path], picture: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = inspection._read

    def removed_meanwhile(name: str, expected: int) -> Any:
        for file in files:
            file.unlink(missing_ok=True)
        Asset.objects.all().delete()
        return read(name, expected)

    monkeypatch.setattr(inspection, "_read", removed_meanwhile)

    assert faults() == {}


def test_what_no_backup_has_is_said(files: tuple[Path, Path], create: Create) -> None:
    made = create()
    store(samples.image(size=(90, 90)), kind="image")
    new = Asset.objects.latest("pk")
    with new.path() as path:
        path.unlink()

    status, said = doctor("--repair", "--from", str(made.path))

    assert status == 1
    assert f"{new.name}: an original, missing. No backup here has it" in said


def test_what_nothing_speaks_of_is_put_aside(files: tuple[Path, Path], folders: Path) -> None:
    name = f"ab/cd/abcd{'0' * 60}.png"
    orphan, mine = folders / "media" / name, folders / "media" / "notes.txt"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"left over")
    mine.write_text("not a name of ours")

    young = faults()
    long_ago = time.time() - 7200
    os.utime(orphan, (long_ago, long_ago))

    assert young == {}  # its row may just be on its way
    assert faults() == {name: Fault.ORPHANED}
    assert repaired() == {name: True}
    assert not orphan.exists()
    assert (inspection.aside_folder() / orphan.name).read_bytes() == b"left over"
    assert mine.exists()


def test_what_comes_in_again_while_it_is_put_aside_stays(
    files: tuple[Path, Path], picture: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, _ = files
    before = original.read_bytes()
    row = Asset.objects.get(pk=picture.pk)
    Asset.objects.all().delete()
    found = InspectedFile(picture.name, Fault.ORPHANED, len(before))
    remove = blobs.remove

    def stored_meanwhile(names: list[str]) -> None:
        row.save(force_insert=True)  # a bucket keeps what lies there already
        remove(names)

    monkeypatch.setattr(blobs, "remove", stored_meanwhile)

    assert inspection.put_aside(found) is None
    assert original.read_bytes() == before
    assert list(inspection.aside_folder().iterdir()) == []


def test_nothing_is_put_aside_on_a_disk_without_room(
    files: tuple[Path, Path], picture: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    Asset.objects.all().delete()
    long_ago = time.time() - 7200
    os.utime(files[0], (long_ago, long_ago))
    monkeypatch.setattr(disk_space, "free_bytes", lambda: 10)

    with pytest.raises(CommandError, match="no room"):
        doctor("--repair")

    assert files[0].exists()


class Bucket:
    """A storage that answers each reading with this."""

    def __init__(self, status: int, code: str) -> None:
        self.error = RuntimeError("of a client library")
        self.error.response = {  # type: ignore[attr-defined]
            "ResponseMetadata": {"HTTPStatusCode": status},
            "Error": {"Code": code},
        }

    def read(self, *_: object) -> Iterator[bytes]:
        raise self.error


def test_a_bucket_that_refuses_one_file_is_no_bucket_that_is_away(
    files: tuple[Path, Path], picture: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "read", Bucket(403, "InvalidObjectState").read)
    refused = doctor()[1]
    monkeypatch.setattr(blobs, "read", Bucket(503, "SlowDown").read)

    assert f"{picture.name}: an original that cannot be read (InvalidObjectState)." in refused
    with pytest.raises(CommandError, match="storage"):
        doctor()
