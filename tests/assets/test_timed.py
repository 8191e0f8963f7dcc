from __future__ import annotations

import errno
import io
import struct
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from assets.errors import (
    AssetError,
    DamagedMedia,
    StorageUnavailable,
    TooLarge,
    UnsupportedMedia,
    WrongMedia,
)
from assets.ingest import store
from assets.kinds import LIMITS, MediaKind, MediaLimits
from assets.models import Asset
from assets.waveforms import loudness, waveform

from . import made_media, samples
from .conftest import EverythingKept

pytestmark = pytest.mark.django_db

KEPT_SOUNDS = [
    ("wav", "audio/wav", "wav"),
    ("mp3", "audio/mpeg", "mp3"),
    ("ogg", "audio/ogg", "ogg"),
    ("flac", "audio/flac", "flac"),
    ("m4a", "audio/mp4", "m4a"),
    ("aac", "audio/aac", "aac"),
    ("webm", "audio/webm", "webm"),
]


def test_a_sound_has_its_waveform_as_a_poster() -> None:
    quiet, loud = ([level] * 60 for level in (0.1, 0.9))

    rising, falling = (
        np.asarray(waveform(levels).convert("L"))[135] for levels in (quiet + loud, loud + quiet)
    )

    assert rising[600:900].mean() > rising[60:400].mean()
    assert falling[600:900].mean() < falling[60:400].mean()
    assert waveform([]).size == waveform([0.0]).size == waveform([float("nan")]).size


@pytest.mark.parametrize(("name", "content_type", "extension"), KEPT_SOUNDS)
def test_a_sound_that_browsers_play_is_kept_as_it_came(
    name: str, content_type: str, extension: str
) -> None:
    data = samples.sound(name)

    asset = store(data, kind="audio", content_type="image/png")

    assert asset.poster_url == f"/assets/{asset.sha256}/poster.webp"

    assert (asset.content_type, asset.extension) == (content_type, extension)
    assert asset.seconds == pytest.approx(1.0, abs=0.1)
    assert asset.bytes == len(data)
    assert asset.tile_url == asset.url


@pytest.mark.parametrize("name", ["aiff", "mulaw"])
def test_a_sound_that_browsers_do_not_play_becomes_an_mp3(name: str) -> None:
    asset = store(samples.sound(name), kind="audio")

    assert (asset.content_type, asset.extension) == ("audio/mpeg", "mp3")
    assert asset.seconds == pytest.approx(1.0, abs=0.1)
    with asset.path() as path, av.open(str(path)) as file:
        assert file.streams.audio[0].codec_context.codec.canonical_name == "mp3"


@pytest.mark.parametrize(("name", "extension"), [("mp4", "mp4"), ("webm", "webm")])
def test_a_video_that_browsers_play_is_kept_and_pictured(name: str, extension: str) -> None:
    data = samples.video(name)

    asset = store(data, kind="video")

    assert (asset.content_type, asset.extension) == (f"video/{extension}", extension)
    assert (asset.width, asset.height, asset.bytes) == (160, 120, len(data))
    assert asset.seconds == pytest.approx(1.0, abs=0.1)
    assert asset.poster_url == f"/assets/{asset.sha256}/poster.webp"
    assert asset.tile_url == asset.url


def test_a_recording_that_does_not_say_where_its_parts_end_gets_its_length() -> None:
    data = made_media.wrapped(samples.video("webm"), "webm", options={"live": "1"})
    with av.open(io.BytesIO(data), "r") as file:
        assert file.duration is None

    asset = store(data, kind="video")

    assert asset.content_type == "video/webm"
    assert asset.seconds == pytest.approx(1.0, abs=0.1)
    with asset.path() as path, av.open(str(path)) as file:
        assert file.duration == pytest.approx(av.time_base, abs=0.1 * av.time_base)


@pytest.mark.parametrize("name", ["full colour mp4", "old mp4", "avi", "mkv"])
def test_a_video_that_browsers_do_not_play_becomes_an_mp4(name: str) -> None:
    asset = store(samples.video(name), kind="video")

    assert asset.content_type == "video/mp4"
    assert asset.seconds == pytest.approx(1.0, abs=0.1)
    with asset.path() as path, av.open(str(path)) as file:
        context = file.streams.video[0].codec_context
        assert (context.codec.canonical_name, context.pix_fmt) == ("h264", "yuv420p")


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.97])
@pytest.mark.parametrize("name", [name for name, _, _ in KEPT_SOUNDS] + ["aiff", "mulaw"])
def test_a_sound_that_was_cut_short_is_damaged(
    name: str, kept: float, everything_kept: EverythingKept
) -> None:
    data = samples.sound(name)

    with pytest.raises(DamagedMedia, match="sound"):
        store(data[: int(len(data) * kept)], kind="audio")

    assert everything_kept.published() == everything_kept.temporary() == []
    assert not Asset.objects.exists()


@pytest.mark.parametrize("rate", [48_000, 44_100, 22_050])
def test_an_mp3_that_was_streamed_is_damaged_where_it_ends_within_a_frame(rate: int) -> None:
    counted = samples.sound("mp3", rate=rate)
    counts = min(at for at in (counted.find(b"Xing"), counted.find(b"Info")) if at > 0)
    streamed = counted[counted.index(b"\xff", counts + 40) :]
    streamed = streamed[streamed.index(b"\xff\xfb" if rate > 40_000 else b"\xff\xf3") :]

    asset = store(streamed, kind="audio")

    assert asset.content_type == "audio/mpeg"
    assert store(streamed + b"\0" * 300, kind="audio").seconds == asset.seconds
    with pytest.raises(DamagedMedia):
        store(streamed[:-20], kind="audio")


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.97])
@pytest.mark.parametrize("name", list(samples.VIDEOS))
def test_a_video_that_was_cut_short_is_damaged(name: str, kept: float) -> None:
    data = samples.video(name)

    with pytest.raises(DamagedMedia, match="video"):
        store(data[: int(len(data) * kept)], kind="video")


@pytest.mark.parametrize(
    ("data", "kind", "error"),
    [
        pytest.param(b"", "audio", DamagedMedia, id="zero bytes"),
        pytest.param(b"{'error': 'busy'}", "audio", DamagedMedia, id="json"),
        pytest.param(b"#EXTM3U\n#EXT-X-TARGETDURATION:1\nfile:///etc/passwd\n", "video", DamagedMedia, id="play list"),
        pytest.param(b"ID3\x04\0\0\0\0\0\0" + b"<html>" * 90, "audio", DamagedMedia, id="html behind a tag"),
        pytest.param(b"RIFF\xff\xff\xff\xffWAVE", "audio", DamagedMedia, id="only a header"),
        pytest.param(samples.image(), "audio", WrongMedia, id="an image as a sound"),
        pytest.param(samples.image(), "video", WrongMedia, id="an image as a video"),
        pytest.param(samples.sound("m4a"), "video", WrongMedia, id="a sound as a video"),
        pytest.param(samples.sound("wav"), "video", WrongMedia, id="a wave file as a video"),
        pytest.param(samples.video(), "audio", WrongMedia, id="a video as a sound"),
    ],
)  # fmt: skip
def test_what_was_not_asked_for_is_refused_in_a_sentence_and_leaves_nothing(
    data: bytes, kind: str, error: type[AssetError], everything_kept: EverythingKept
) -> None:
    with pytest.raises(error, match=r"^[A-Z].+\.$"):
        store(data, kind=kind)

    assert everything_kept.published() == everything_kept.temporary() == []


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (samples.video().replace(b"avc1\0", b"zzz9\0"), "video"),
        (samples.video("mkv").replace(b"V_MPEG4", b"V_ZPEG9"), "video"),
        (samples.sound("webm").replace(b"A_OPUS", b"A_ZPUS"), "audio"),
    ],
)
def test_an_encoding_that_no_decoder_knows_is_said_to_be_unsupported(
    data: bytes, kind: str
) -> None:
    with pytest.raises(UnsupportedMedia, match=r"^An encoding that is not known came, .+\.$"):
        store(data, kind=kind)


@pytest.mark.parametrize("broken", ["assets.decoding.loudness", "assets.transcode._AudioEncoder"])
def test_whatever_a_codec_raises_is_damage(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> float:
        raise ValueError

    monkeypatch.setattr(broken, fails)

    with pytest.raises(DamagedMedia, match=r"^The sound .+\.$"):
        store(samples.sound("mulaw"), kind="audio")


@pytest.mark.parametrize(
    ("error", "expected"),
    [(MemoryError(), MemoryError), (OSError(errno.EIO, ""), StorageUnavailable)],
)
def test_what_is_no_fault_of_the_file_is_not_said_to_be_one(
    error: Exception, expected: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> float:
        raise error

    monkeypatch.setattr("assets.decoding.loudness", fails)

    with pytest.raises(expected):
        store(samples.sound("wav"), kind="audio")


def test_samples_of_64_bits_are_as_loud_as_any() -> None:
    levels = {}
    for codec in ("pcm_s16le", "pcm_s64le"):
        with av.open(io.BytesIO(made_media.recoded("wav", codec)), "r") as file:
            levels[codec] = max(loudness(frame) for frame in file.decode(audio=0))

    assert levels["pcm_s64le"] / 2**63 == pytest.approx(levels["pcm_s16le"] / 2**15, rel=0.01)
    assert store(made_media.recoded("wav", "pcm_s64le"), kind="audio").extension == "mp3"


def test_known_bytes_are_still_checked_for_their_kind() -> None:
    store(samples.sound("wav"), kind="audio")

    with pytest.raises(WrongMedia, match="A sound came where an image was expected"):
        store(samples.sound("wav"), kind="image")


def test_a_wave_file_streamed_before_its_length_was_known_is_fine() -> None:
    data = bytearray(samples.sound("wav"))
    struct.pack_into("<I", data, 4, 0xFFFFFFFF)
    struct.pack_into("<I", data, data.index(b"data") + 4, 0xFFFFFFFF)

    asset = store(bytes(data), kind="audio")

    assert asset.seconds == pytest.approx(1.0, abs=0.1)


def test_a_cover_does_not_make_a_sound_a_video() -> None:
    cover = samples.image("JPEG")
    frame = b"APIC" + struct.pack(">I", len(cover) + 14) + b"\0\0" + b"\0image/jpeg\0\x03\0" + cover
    size = len(frame)
    sizes = bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    tagged = b"ID3\x03\0\0" + sizes + frame + samples.sound("mp3")

    asset = store(tagged, kind="audio")

    assert asset.content_type == "audio/mpeg"
    assert asset.width is None


def test_what_plays_for_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, MediaKind.AUDIO, MediaLimits(size=64_000_000, seconds=0.5))

    with pytest.raises(TooLarge, match="plays too long"):
        store(samples.sound("ogg"), kind="audio")


@pytest.mark.parametrize(
    ("place", "data", "kind", "work"),
    [
        ("decoding.DECODING_SECONDS", samples.sound("wav"), "audio", "decode"),
        ("transcode.CONVERTING_SECONDS", samples.sound("mulaw"), "audio", "convert"),
        ("transcode.CONVERTING_SECONDS", samples.video("mkv"), "video", "convert"),
        ("transcode.CONVERTING_SECONDS", samples.sound("wav") + b"junk" * 9, "audio", "copy"),
    ],
)
def test_work_on_a_file_ends_at_its_deadline(
    place: str, data: bytes, kind: str, work: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"assets.{place}", -1)

    with pytest.raises(TooLarge, match=f"takes too long to {work}"):
        store(data, kind=kind)


def test_images_alone_do_not_load_the_libraries_for_sound() -> None:
    script = (
        "import django, sys; django.setup(); import assets.ingest, assets.views.media;"
        "assert 'av' not in sys.modules and 'numpy' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
