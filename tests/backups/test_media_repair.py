"""Files that are missing, damaged or spoken of by nothing, and what becomes of them."""

from __future__ import annotations

import os
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from assets import inspection
from assets.ingest import store
from assets.inspection import Fault
from assets.models import Asset
from backups import file_names, media_repair
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
