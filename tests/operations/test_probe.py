"""Files that are no clips: each gets its sentence before anything begins, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from operations.errors import BadInput
from operations.runner import run

from .clips import add_voice, encode_sound, flat, moving_sprite, tone, write_clip, write_wav
from .conftest import Made

ENCRYPTION = {
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "0" * 32,
    "encryption_kid": "1" * 32,
}


def cut_short(path: Path, target: Path) -> Path:
    data = path.read_bytes()
    target.write_bytes(data[: len(data) * 2 // 3])
    return target


def zero_bytes(folder: Path) -> Path:
    (folder / "zero.mp4").touch()
    return folder / "zero.mp4"


def one_picture(folder: Path) -> Path:
    return write_clip(folder / "one.mp4", moving_sprite(1))


def sound_in_mp4(folder: Path) -> Path:
    with av.open(str(folder / "sound.mp4"), "w") as media:
        encode_sound(media, add_voice(media, tone(0.2)), tone(0.2))
    return folder / "sound.mp4"


def sound_named_mp4(folder: Path) -> Path:
    return write_wav(folder / "a.wav", tone(0.1)).rename(folder / "sound.mp4")


def image_named_mp4(folder: Path) -> Path:
    Image.new("RGB", (8, 8)).save(folder / "image.mp4", "PNG")
    return folder / "image.mp4"


def text_named_mp4(folder: Path) -> Path:
    (folder / "text.mp4").write_text("Not a video at all.")
    return folder / "text.mp4"


def playlist_named_mp4(folder: Path) -> Path:
    (folder / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    return folder / "list.mp4"


def rubbish(folder: Path) -> Path:
    (folder / "rubbish.mp4").write_bytes(bytes(range(200, 256)) * 50)
    return folder / "rubbish.mp4"


def bare_mpeg(folder: Path) -> Path:
    return write_clip(folder / "bare.m2v", moving_sprite(3), codec="mpeg2video")


def bare_h264(folder: Path) -> Path:
    return write_clip(folder / "bare.h264", moving_sprite(3))


def scrambled_disc(folder: Path) -> Path:
    """As a bought disc has it: each packet says so."""
    path = write_clip(folder / "disc.vob", moving_sprite(6), codec="mpeg2video")
    data = bytearray(path.read_bytes())
    at = data.index(b"\0\0\x01\xe0")
    data[at + 6] |= 0x10
    path.write_bytes(data)
    return path


def encrypted(folder: Path) -> Path:
    return write_clip(folder / "secret.mp4", moving_sprite(3), container=ENCRYPTION)


def eight_thousand_wide(folder: Path) -> Path:
    """Written small, and said to be larger: an hour of such pictures would not be decoded either."""
    path = write_clip(folder / "8k.avi", moving_sprite(2), codec="ffv1")
    data = bytearray(path.read_bytes())
    at = data.index(b"strf") + 8 + 4
    data[at : at + 8] = (7680).to_bytes(4, "little") + (4320).to_bytes(4, "little")
    path.write_bytes(data)
    return path


def three_hours(folder: Path) -> Path:
    times = [Fraction(0), Fraction(5_000), Fraction(11_000)]
    return write_clip(folder / "long.mp4", [flat(90)] * 3, times=times)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (zero_bytes, "is empty"),
        (one_picture, "only one picture"),
        (sound_in_mp4, "only sound"),
        (sound_named_mp4, "only sound"),
        (image_named_mp4, "a PNG image"),
        (text_named_mp4, "a text"),
        (playlist_named_mp4, "a playlist"),
        (rubbish, "nor any media that is known"),
        (bare_mpeg, "an MPEG video without its container, which is not taken: convert it"),
        (bare_h264, "an H.264 or H.265 video without its container"),
        (encrypted, "is encrypted"),
        (scrambled_disc, "is encrypted"),
        (eight_thousand_wide, "too large: 7680 by 4320"),
        (three_hours, "too long: it plays 183 minutes, and at most 180"),
    ],
)
def test_bad_file_gets_its_sentence(
    made: Callable[[Path], Path], words: str, tmp_path: Path, make: Made
) -> None:
    path = made(tmp_path)

    for operation in ("probe", "split"):
        with pytest.raises(BadInput, match=words):
            make(operation, path)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm", "avi", "ts", "vob", "mpg"])
def test_file_that_is_cut_short_gets_its_sentence(suffix: str, tmp_path: Path, make: Made) -> None:
    codec = {"webm": "libvpx", "vob": "mpeg2video", "mpg": "mpeg1video"}.get(suffix, "libx264")
    path = write_clip(tmp_path / f"whole.{suffix}", moving_sprite(6), codec=codec)

    assert make("probe", path).details["frames"] == 6
    with pytest.raises(BadInput, match="cut short"):
        make("probe", cut_short(path, tmp_path / f"cut.{suffix}"))


@pytest.mark.parametrize("size", [1, 20, 200, 700])
def test_gif_without_its_end_is_cut_short(size: int, tmp_path: Path, make: Made) -> None:
    """It says nowhere how long it is: its blocks lead on to its end."""
    path = tmp_path / "whole.gif"
    colours = [Image.new("RGB", (64, 48), (40 * one, 90, 200)) for one in range(6)]
    colours[0].save(path, save_all=True, append_images=colours[1:], duration=100)
    cut = tmp_path / "cut.gif"
    cut.write_bytes(path.read_bytes()[:-size])

    assert make("probe", path).details["frames"] == 6
    with pytest.raises(BadInput, match="cut short"):
        make("probe", cut)


def test_front_of_an_mp4_whose_index_is_there_is_cut_short_too(tmp_path: Path, make: Made) -> None:
    index_first = {"movflags": "+faststart"}
    path = write_clip(tmp_path / "whole.mp4", moving_sprite(6), container=index_first)

    with pytest.raises(BadInput, match="cut short"):
        make("probe", cut_short(path, tmp_path / "cut.mp4"))


def test_refused_file_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "made"

    with pytest.raises(BadInput, match="is encrypted"):
        run("split", [encrypted(tmp_path)], {}, folder)

    assert not list(folder.iterdir())


def test_good_clip_is_described(clip: Path, make: Made) -> None:
    facts = make("probe", clip).details

    assert facts == {
        "codec": "h264",
        "rate": "25",
        "frames": 12,
        "seconds": 0.48,
        "has_constant_rate": True,
        "bits": 8,
        "is_hdr": False,
        "has_sound": True,
        "width": 64,
        "height": 48,
    }
