"""What generators write into their files (workflow, prompt, hidden notes) is published to nobody."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from assets.ingest import store
from assets.models import Asset

from . import samples

pytestmark = pytest.mark.django_db

SECRET = "the visitor's own words, and a workflow"
RAW = SECRET.encode()


def published(asset: Asset) -> bytes:
    with asset.path() as path:
        return path.read_bytes()


def test_a_file_without_metadata_is_kept_as_it_came() -> None:
    for file_format in ("PNG", "JPEG", "WEBP", "GIF", "AVIF"):
        data = samples.image(file_format)

        assert published(store(data, kind="image")) == data, file_format


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010E] = SECRET
    return found


def text_chunks() -> PngImagePlugin.PngInfo:
    found = PngImagePlugin.PngInfo()
    found.add_text("prompt", SECRET)
    found.add_text("workflow", SECRET, zip=True)
    found.add_itxt("parameters", SECRET)
    found.add(b"prVt", RAW)
    return found


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta>" + RAW + b"</x:xmpmeta>"
STILLS: dict[str, tuple[str, dict[str, Any], bytes]] = {
    "png": ("PNG", {"pnginfo": text_chunks(), "exif": exif(6)}, RAW),
    "jpeg": ("JPEG", {"comment": RAW, "exif": exif(6), "xmp": XMP}, RAW),
    "progressive jpeg": ("JPEG", {"exif": exif(6), "progressive": True}, b""),
    "webp": ("WEBP", {"exif": exif(6), "xmp": XMP}, b""),
    "lossless webp": ("WEBP", {"exif": exif(6), "lossless": True}, b""),
}


@pytest.mark.parametrize("name", STILLS)
def test_an_image_keeps_its_pixels_profile_and_orientation_and_nothing_else(name: str) -> None:
    file_format, options, behind = STILLS[name]
    data = samples.image(file_format, size=(64, 48), icc_profile=PROFILE, **options) + behind

    asset = store(data, kind="image")

    bare = published(asset)
    assert RAW not in bare
    assert (asset.width, asset.height) == (48, 64)
    with Image.open(io.BytesIO(bare)) as image, Image.open(io.BytesIO(data)) as before:
        assert image.tobytes() == before.tobytes()
        assert image.info["icc_profile"] == PROFILE
        assert dict(image.getexif()) == {0x0112: 6}
        assert not {"comment", "xmp", "prompt", "workflow", "parameters"} & set(image.info)
    assert store(bare, kind="image").pk == asset.pk


def test_an_avif_loses_its_texts() -> None:
    data = samples.image("AVIF", exif=exif(), xmp=XMP)
    assert RAW in data

    asset = store(data, kind="image")

    assert asset.content_type == "image/avif"
    assert RAW not in published(asset)


def test_an_animation_keeps_its_frames_and_loses_its_comments() -> None:
    frames = [Image.new("RGB", (60, 40), (n * 40, 0, 90)) for n in range(5)]
    options: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": 100}
    for file_format, extra in (("GIF", {"comment": RAW, "loop": 0}), ("WEBP", {"xmp": XMP})):
        buffer = io.BytesIO()
        frames[0].save(buffer, file_format, **options, **extra)
        assert RAW in buffer.getvalue()

        bare = published(store(buffer.getvalue(), kind="image"))

        assert RAW not in bare
        with Image.open(io.BytesIO(bare)) as image:
            assert image.n_frames == 5  # type: ignore[attr-defined]
            assert image.info.get("loop") == 0


# Sounds and videos


def tagged(name: str, *, video: bool, **tags: str) -> bytes:
    """The sample, with texts as its muxer writes them."""
    data = samples.video(name) if video else samples.sound(name)
    muxer = samples.VIDEOS[name][0] if video else samples.SOUNDS[name][0]
    buffer = io.BytesIO()
    with (
        av.open(io.BytesIO(data), "r") as source,
        av.open(buffer, "w", format=muxer, options=tags_are_kept(muxer)) as result,
    ):
        result.metadata.update(tags)
        stream = result.add_stream_from_template(source.streams[0])
        for packet in source.demux(source.streams[0]):
            if packet.size:
                packet.stream = stream
                result.mux(packet)
    return buffer.getvalue()


def tags_are_kept(muxer: str) -> dict[str, str]:
    return {"movflags": "use_metadata_tags"} if muxer == "mp4" else {}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *[(name, "audio") for name in ("wav", "mp3", "ogg", "flac", "m4a", "webm", "aiff")],
        *[(name, "video") for name in ("mp4", "webm", "mkv")],
    ],
)
def test_a_sound_or_video_is_published_without_its_texts(name: str, kind: str) -> None:
    data = tagged(name, video=kind == "video", comment=SECRET, prompt=SECRET)
    assert RAW in data

    asset = store(data, kind=kind)

    bare = published(asset)
    assert RAW not in bare
    assert asset.seconds == pytest.approx(1.0, abs=0.1)
    assert store(bare, kind=kind).pk == asset.pk


def test_what_only_players_pass_over_goes_too() -> None:
    wav = samples.sound("wav")
    chunk = b"id3 " + struct.pack("<I", len(RAW)) + RAW + b"\0" * (len(RAW) % 2)
    wav = b"RIFF" + struct.pack("<I", len(wav) + len(chunk) - 8) + wav[8:] + chunk
    box = struct.pack(">I", len(RAW) + 24) + b"uuid" + b"\0" * 16 + RAW
    mp3 = samples.sound("mp3") + b"TAG" + RAW.ljust(125, b"\0")[:125]

    for data, kind in ((wav, "audio"), (samples.video() + box, "video"), (mp3, "audio")):
        assert RAW not in published(store(data, kind=kind))


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def with_box(data: bytes, parents: tuple[bytes, ...], inner: bytes) -> bytes:
    """The MP4, whose header comes last, with one more box at the end of the one that the names lead to."""
    start, end = 0, len(data)
    for name in parents:
        start = data.index(name, start, end) - 4
        length = int.from_bytes(data[start : start + 4], "big")
        end = start + length
        data = data[:start] + struct.pack(">I", length + len(inner)) + data[start + 4 :]
    return data[:end] + inner + data[end:]


TRACK = (b"moov", b"trak")
SAMPLES = (*TRACK, b"mdia", b"minf", b"stbl")


@pytest.mark.parametrize(
    ("parents", "inner"),
    [
        ((), box(b"free", RAW)),
        ((), box(b"skip", RAW)),
        ((), box(b"mdat", b"") + box(b"wide", RAW)),
        ((b"moov",), box(b"uuid", bytes(16) + RAW)),
        ((b"moov",), box(b"free", RAW)),
        ((b"moov",), box(b"udta", box(b"XMP_", RAW))),
        ((b"moov", b"udta"), box(b"XMP_", RAW)),
        ((b"moov", b"udta", b"meta", b"ilst"), box(b"prmt", box(b"data", bytes(8) + RAW))),
        (TRACK, box(b"udta", box(b"XMP_", RAW))),
        (TRACK, box(b"meta", bytes(4) + RAW)),
        ((*TRACK, b"mdia"), box(b"uuid", bytes(16) + RAW)),
        (SAMPLES, box(b"note", RAW)),
        ((*SAMPLES, b"stsd", b"avc1"), box(b"uuid", bytes(16) + RAW)),
        ((*TRACK, b"mdia", b"minf", b"dinf", b"dref"), RAW),
        ((b"moov", b"mvhd"), RAW),
    ],
)
def test_what_stands_deep_in_an_mp4_goes_too(parents: tuple[bytes, ...], inner: bytes) -> None:
    data = with_box(samples.video(), parents, inner)
    assert RAW in data

    asset = store(data, kind="video")

    bare = published(asset)
    assert RAW not in bare
    assert asset.seconds == pytest.approx(1.0, abs=0.1)
    assert store(bare, kind="video").pk == asset.pk


@pytest.mark.parametrize("parents", [(), (b"moov",), TRACK, (b"moov", b"udta")])
def test_room_that_a_writer_left_itself_is_kept(parents: tuple[bytes, ...]) -> None:
    data = with_box(samples.video(), parents, box(b"free", bytes(40)) + box(b"skip", b""))

    assert published(store(data, kind="video")) == data


@pytest.mark.parametrize("movflags", ["faststart", "frag_keyframe+empty_moov"])
@pytest.mark.parametrize("codecs", [("libx264", "aac"), ("libvpx-vp9", "libopus")])
def test_what_encoders_write_is_kept(
    movflags: str, codecs: tuple[str, str], tmp_path: Path
) -> None:
    data = two_tracks(tmp_path / "film", *codecs, movflags=movflags)

    assert published(store(data, kind="video")) == data


def two_tracks(path: Path, pictures: str, sound: str, **options: str) -> bytes:
    """An MP4 with a second of both."""
    with av.open(str(path), "w", format="mp4", options=options) as file:
        stream: Any = file.add_stream(pictures, rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        heard: Any = file.add_stream(sound, rate=48_000, layout="mono")
        heard.codec_context.open()
        length = heard.codec_context.frame_size
        for number in range(24):
            picture = np.full((48, 64, 3), number * 9, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        form = heard.codec_context.format.name
        for number in range(48_000 // length):
            silence = np.zeros((1, length), np.float32 if form.startswith("flt") else np.int16)
            frame = av.AudioFrame.from_ndarray(silence, form, "mono")
            frame.sample_rate, frame.pts = 48_000, number * length
            file.mux(heard.encode(frame))
        file.mux([*stream.encode(None), *heard.encode(None)])
    return path.read_bytes()


VOID, UNKNOWN_ELEMENT = b"\xec", b"\x1f\x44\x55\x66"
SIZE = bytes([0x80 | len(RAW)])


@pytest.mark.parametrize("inner", [VOID + SIZE + RAW, UNKNOWN_ELEMENT + SIZE + RAW])
@pytest.mark.parametrize("behind", [False, True])
def test_what_stands_beside_the_sound_of_a_webm_goes_too(inner: bytes, behind: bool) -> None:
    data = samples.sound("webm")
    at = data.index(b"\x18\x53\x80\x67") + 4
    length = int.from_bytes(data[at + 1 : at + 8], "big")
    assert data[at] == 1  # a length of eight bytes
    longer = b"\x01" + (length + len(inner)).to_bytes(7, "big")
    within = data[:at] + longer + data[at + 8 :] + inner

    asset = store(data + inner if behind else within, kind="audio")

    bare = published(asset)
    assert RAW not in bare
    assert asset.seconds == pytest.approx(1.0, abs=0.1)
    assert store(bare, kind="audio").pk == asset.pk


def test_texts_in_what_players_need_or_in_room_go_too() -> None:
    wav = samples.sound("wav")
    at = wav.index(b"data")
    fact = b"fact" + struct.pack("<I", len(RAW) + len(RAW) % 2) + RAW + b"\0" * (len(RAW) % 2)
    wav = b"RIFF" + struct.pack("<I", len(wav) + len(fact) - 8) + wav[8:at] + fact + wav[at:]
    flac = samples.sound("flac")
    room = b"\x01" + struct.pack(">I", len(RAW))[1:] + RAW
    flac = flac[:42] + room + flac[42:]  # behind the first block, which has 34 bytes

    for data in (wav, flac):
        assert RAW not in published(store(data, kind="audio"))


def test_a_turned_video_stays_turned(tmp_path: Path) -> None:
    data = tagged("mp4", video=True, comment=SECRET)
    at = data.index(b"tkhd") + 44  # the matrix of the track: a quarter turn
    quarter = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    turned = data[:at] + quarter + data[at + 36 :]

    bare = published(store(turned, kind="video"))

    with av.open(io.BytesIO(turned), "r") as before, av.open(io.BytesIO(bare), "r") as after:
        turns = [next(file.decode(video=0)).rotation for file in (before, after)]
    assert turns[0] in {90, -90}
    assert turns[0] == turns[1]


def test_what_is_transparent_stays_so() -> None:
    pixels = np.full((48, 64, 4), 255, np.uint8)
    pixels[:, 32:, 3] = 0
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as file:
        file.metadata["comment"] = SECRET
        stream: Any = file.add_stream("libvpx-vp9", rate=24, options={"cpu-used": "8"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuva420p"
        frame = av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(format="yuva420p")
        file.mux([*stream.encode(frame), *stream.encode(None)])
    assert RAW in buffer.getvalue()

    bare = published(store(buffer.getvalue(), kind="video"))

    assert RAW not in bare
    with av.open(io.BytesIO(bare), "r") as copy:
        said = {key.lower(): value for key, value in copy.streams.video[0].metadata.items()}
        assert said["alpha_mode"] == "1"
        packet = next(copy.demux(video=0))
        assert packet.has_sidedata("matroska_block_additional")
