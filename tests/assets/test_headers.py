"""How much of a file's headers is read: strangers choose how many pieces there are."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from assets import boxes, elements, headers
from assets.containers import FLAC, MP4, WAV, WEBM, Container
from assets.errors import TooLarge
from assets.ingest import store

from . import samples


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


def test_the_chunks_behind_the_sound_of_a_wav_are_not_read_for_its_size(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chunks(*_: object) -> Iterator[tuple[bytes, bytes, int, int]]:
        yield b"data", b"", 56, 100
        raise AssertionError

    file.write_bytes(bytes(100))
    monkeypatch.setattr(headers, "_riff_chunks", chunks)

    assert not headers.has_false_sizes(file, WAV)


def test_a_wav_of_too_many_chunks_is_written_anew(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(samples.sound("wav"))
    assert not headers.has_stray_parts(file, WAV)
    assert not headers.has_false_sizes(file, WAV)

    monkeypatch.setattr(headers, "MAX_CHUNKS", 1)

    assert headers.has_stray_parts(file, WAV)
    assert headers.has_false_sizes(file, WAV)


@pytest.mark.parametrize(
    ("content", "container", "module", "limit", "most"),
    [
        pytest.param(samples.sound("flac"), FLAC, headers, "MAX_FLAC_BLOCKS", 1, id="FLAC blocks"),
        pytest.param(samples.video(), MP4, boxes, "MAX_BOXES", 20, id="MP4 boxes"),
        pytest.param(samples.video("webm"), WEBM, elements, "MAX_ELEMENTS", 2, id="WebM elements"),
    ],
)
def test_a_file_of_too_many_parts_is_written_anew(
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    container: Container,
    module: ModuleType,
    limit: str,
    most: int,
) -> None:
    file.write_bytes(content)
    assert not headers.has_stray_parts(file, container)

    monkeypatch.setattr(module, limit, most)

    assert headers.has_stray_parts(file, container)


@pytest.mark.django_db
def test_a_file_of_more_boxes_than_any_writer_makes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(boxes, "MAX_TOP_BOXES", 3)

    with pytest.raises(TooLarge, match="too many pieces"):
        store(samples.video(), kind="video")


def test_a_chain_is_read_as_far_as_it_is_taken(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pages(_: io.BufferedReader) -> Iterator[tuple[int, bool]]:
        for number in range(2 * 3):
            yield number, number % 2 == 0
        raise AssertionError

    file.write_bytes(b"")
    monkeypatch.setattr(headers, "_ogg_pages", pages)
    monkeypatch.setattr(headers, "MAX_LINKS", 2)

    with pytest.raises(TooLarge, match="at most 2 are taken"):
        headers.ogg_links(file)


def test_an_ogg_of_too_many_pages_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_bytes(samples.sound("ogg"))
    assert len(headers.ogg_links(file)) == 1

    monkeypatch.setattr(headers, "MAX_PAGES", 2)

    with pytest.raises(TooLarge, match="too many pieces"):
        headers.ogg_links(file)
