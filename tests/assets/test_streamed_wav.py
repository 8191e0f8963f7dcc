"""WAV files whose writer did not know how long they would be. Where each kind was reported:

pollinations/pollinations#11951, #11457; AstrBotDevs/AstrBot#9867; Borewit/music-metadata#707;
remsky/Kokoro-FastAPI#94; kyutai-labs/pocket-tts#229; evuraan/yellowShoes#13; naudio/NAudio#688;
rs1729/RS#39.
"""

from __future__ import annotations

import io
import struct
import wave

import pytest

from assets.errors import DamagedMedia
from assets.ingest import store

from . import samples

pytestmark = pytest.mark.django_db


def wav(riff: int | None, data: int | None, *, extensible: bool = False) -> bytes:
    """A second of sound, with these sizes in its header; None = the right one."""
    whole = samples.sound("wav")
    sound = whole[whole.index(b"data") + 8 :]
    tag = 0xFFFE if extensible else 1
    form = struct.pack("<HHIIHH", tag, 1, 48_000, 96_000, 2, 16)
    if extensible:
        guid = b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
        form += struct.pack("<HHI", 22, 16, 4) + guid
    parts = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    size = len(parts) + 8 + len(sound)
    head = b"RIFF" + struct.pack("<I", size if riff is None else riff % (1 << 32))
    tail = b"data" + struct.pack("<I", len(sound) if data is None else data % (1 << 32))
    return head + parts + tail + sound


@pytest.mark.parametrize(
    ("riff", "data"),
    [
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF - 36),
        (0x7FFFFFFF, 0x7FFFFFFF - 36),
        (0x7FFFFFFF, 0x7FFFFFFF),
        (0x7FFFF024, 0x7FFFF000),
        (2_000_000_036, 2_000_000_000),
        (0, 0),
        (36, 0),
        (0xFFFFFFFF, 0),
        (0xFFFFFFFF, None),
        (None, 0xFFFFFFFF),
        (None, 0),
        (96_044, None),
        (96_080, None),
        (None, 96_044),
    ],
)
@pytest.mark.parametrize("extensible", [False, True])
def test_it_is_taken_and_says_how_long_it_is(
    riff: int | None, data: int | None, extensible: bool
) -> None:
    asset = store(wav(riff, data, extensible=extensible), kind="audio")

    assert asset.content_type == "audio/wav"
    assert asset.seconds == pytest.approx(1.0, abs=0.01)
    with asset.path() as path:
        sound = path.read_bytes()
    at = sound.index(b"data")
    assert struct.unpack_from("<I", sound, at + 4)[0] == 96_000
    if not extensible:
        with wave.open(io.BytesIO(sound)) as file:
            assert file.getnframes() == 48_000


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.99])
def test_one_that_was_cut_short_is_damaged(kept: float) -> None:
    whole = wav(None, None)

    with pytest.raises(DamagedMedia):
        store(whole[: int(len(whole) * kept)], kind="audio")
