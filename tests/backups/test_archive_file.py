"""A backup is whole, byte for byte, or refused in a sentence."""

from __future__ import annotations

import hashlib
import os
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups.archive_file import ArchiveEntry, ArchiveWriter, PiecesStream, first_text, read_archive
from backups.refusals import BackupRefused

NAME = f"media/ab/cd/{'a' * 64}.png"


def written(path: Path) -> bytes:
    with path.open("wb") as stream:
        writer = ArchiveWriter(stream)
        writer.add_text("manifest.json", b"{}")
        writer.add(NAME, 3000, BytesIO(b"x" * 3000))
        writer.add_text("summary.json", b"[]")
        writer.finish()
    return path.read_bytes()


def entries_of(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}

    def take(entry: ArchiveEntry) -> None:
        found[entry.name] = b"".join(entry.pieces)

    read_archive(path, take)
    return found


def test_what_was_written_is_read(tmp_path: Path) -> None:
    written(tmp_path / "a.tar")

    assert entries_of(tmp_path / "a.tar") == {
        "manifest.json": b"{}",
        NAME: b"x" * 3000,
        "summary.json": b"[]",
    }
    assert first_text(tmp_path / "a.tar", "manifest.json") == b"{}"


def test_the_tool_of_every_system_can_unpack_it(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.tar")

    with tarfile.open(tmp_path / "a.tar") as tar:
        names = tar.getnames()

    assert names == ["manifest.json", NAME, "summary.json", "checksum"]
    assert hashlib.sha256(whole[:-2048]).hexdigest().encode() in whole[-2048:]


def test_any_byte_that_is_not_as_it_was_is_noticed(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.tar")
    places = [*range(0, len(whole) - 1024, 61), len(whole) - 1500, len(whole) - 1, len(whole) - 600]

    for place in places:
        altered = bytearray(whole)
        altered[place] ^= 0x21
        (tmp_path / "b.tar").write_bytes(altered)
        with pytest.raises(BackupRefused, match=r"damaged or cut short"):
            entries_of(tmp_path / "b.tar")


def test_a_file_that_was_cut_short_is_noticed(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.tar")

    for length in [0, 1, 511, 512, *range(600, len(whole), 333), len(whole) - 1]:
        (tmp_path / "b.tar").write_bytes(whole[:length])
        with pytest.raises(BackupRefused, match=r"damaged or cut short"):
            entries_of(tmp_path / "b.tar")


def test_anything_else_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_bytes(os.urandom(5000))

    with pytest.raises(BackupRefused):
        first_text(tmp_path / "b.tar", "manifest.json")


@given(
    pieces=st.lists(st.binary(min_size=1, max_size=50), max_size=8),
    size=st.integers(1, 300),
    step=st.integers(1, 64),
)
def test_a_stream_has_the_promised_length_whatever_comes(
    pieces: list[bytes], size: int, step: int
) -> None:
    stream = PiecesStream(pieces, size)

    read = b""
    while len(read) < size:
        read += stream.read(min(step, size - len(read)))

    given_bytes = b"".join(pieces)
    assert read == given_bytes[:size].ljust(size, b"\0")
    assert stream.short == (len(given_bytes) < size)
    assert stream.hexdigest() == hashlib.sha256(read).hexdigest()
