"""Media as encoders, phones and generators were reported to make them, made here."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np

from . import samples

SIZE = (160, 120)
CORNERS = ((220, 30, 30), (30, 200, 30), (40, 40, 230), (230, 230, 230))
# By the orientation in EXIF that means the same: how much of x and y goes into x, and into y.
MATRICES = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, -1, 1, 0),
    7: (0, -1, -1, 0),
    8: (0, 1, -1, 0),
}
EVEN = tuple(Fraction(number, 24) for number in range(24))
UNEVEN = tuple(Fraction(n, 25) for n in (0, 1, 12, 25, 26, 100, 101, 248, 250))  # ends at 10.04 s


def quarters(size: tuple[int, int] = SIZE) -> np.ndarray:
    """A picture with a colour of its own in each corner: upper left, upper right, lower left, lower right."""
    wide, high = size
    picture = np.zeros((high, wide, 3), np.uint8)
    for place, colour in enumerate(CORNERS):
        row, column = divmod(place, 2)
        rows = slice(row * high // 2, (row + 1) * high // 2)
        picture[rows, column * wide // 2 : (column + 1) * wide // 2] = colour
    return picture


def film(
    times: Sequence[Fraction] = EVEN,
    *,
    muxer: str = "mp4",
    codec: str = "libx264",
    pixels: str = "yuv420p",
    size: tuple[int, int] = SIZE,
    aspect: Fraction | None = None,
    last: Fraction = Fraction(1, 25),
    sound_from: Fraction | None = None,
    busy: bool = False,
    options: dict[str, str] | None = None,
) -> bytes:
    """A video whose pictures stand at these times; `aspect` is that of a pixel. Busy pictures have
    nothing in common, so that an encoder orders them otherwise than they are shown."""
    buffer, tick = io.BytesIO(), Fraction(1, 9_000)
    with av.open(buffer, "w", format=muxer) as file:
        stream: Any = file.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt, stream.codec_context.time_base = pixels, tick
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        sound: Any = file.add_stream("aac", rate=48_000, layout="mono") if sound_from else None
        picture, noise = quarters(size), np.random.default_rng(1)
        for time, then in zip(times, [*times[1:], times[-1] + last], strict=True):
            if busy:
                picture = noise.integers(0, 255, picture.shape, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(time / tick), tick
            frame.duration = round((then - time) / tick)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
        if sound_from is not None:
            _add_sound(file, sound, sound_from)
    return buffer.getvalue()


def _add_sound(file: Any, stream: Any, start: Fraction) -> None:
    for number in range(47):  # a second
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = 48_000, round(start * 48_000) + number * 1024
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def turned(data: bytes, numbers: Sequence[float]) -> bytes:
    """The MP4 with another matrix in the header of its track."""
    at = data.index(b"tkhd") + 44
    x_x, y_x, x_y, y_y = (round(number * 65_536) for number in numbers)
    matrix = struct.pack(">9i", x_x, x_y, 0, y_x, y_y, 0, 0, 0, 1 << 30)
    return data[:at] + matrix + data[at + 36 :]


def wrapped(
    data: bytes, muxer: str, *, late: Fraction = Fraction(0), options: dict[str, str] | None = None
) -> bytes:
    """The same encoded pictures and sounds in another container, `late` seconds later."""
    buffer = io.BytesIO()
    with (
        av.open(io.BytesIO(data), "r") as source,
        av.open(buffer, "w", format=muxer, options=options or {}) as result,
    ):
        copies = {one.index: result.add_stream_from_template(one) for one in source.streams}
        for packet in source.demux():
            if packet.size:
                shift = round(late / packet.time_base)
                packet.pts = (packet.pts or 0) + shift
                packet.dts = (packet.dts or 0) + shift
                packet.stream = copies[packet.stream.index]
                result.mux(packet)
    return buffer.getvalue()


def bare_mp3(seconds: float = 1.0, rate: int = 48_000) -> bytes:
    """Frames alone, without a header that counts them."""
    data = samples.sound("mp3", seconds, rate)
    at = max(data.find(b"Xing"), data.find(b"Info"))
    return data[data.index(b"\xff", at + 40) :]


def hushed(name: str) -> bytes:
    """Nine seconds of silence and a second of noise, at the rate that each of them needs."""
    muxer, codec = {"mp3": ("mp3", "libmp3lame"), "aac": ("adts", "aac")}[name]
    buffer, noise = io.BytesIO(), np.random.default_rng(7)
    options = {"write_xing": "0", "id3v2_version": "0"} if name == "mp3" else {}
    with av.open(buffer, "w", format=muxer, options=options) as file:
        encoding = {"flags": "+qscale", "global_quality": "236"} if name == "mp3" else {}
        stream: Any = file.add_stream(codec, rate=48_000, layout="mono", options=encoding)
        context = stream.codec_context
        context.open()
        length = context.frame_size
        for number in range(10 * 48_000 // length):
            level = 0.0 if number < 9 * 48_000 // length else 0.4
            wave = (noise.standard_normal((1, length)) * level).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(wave, "fltp", "mono")
            frame.sample_rate, frame.pts = 48_000, number * length
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def with_duration(data: bytes, seconds: float) -> bytes:
    """The MP4 with another duration in its headers than its frames have."""
    for name in (b"mvhd", b"tkhd", b"mdhd"):
        for at in _places(data, name):
            scale_at = {b"mvhd": at + 16, b"mdhd": at + 16}.get(name)
            scale = struct.unpack_from(">I", data, scale_at)[0] if scale_at else 1000
            place = {b"mvhd": 20, b"mdhd": 20, b"tkhd": 24}[name]
            data = (
                data[: at + place]
                + struct.pack(">I", round(seconds * scale))
                + data[at + place + 4 :]
            )
    return data


def _places(data: bytes, name: bytes) -> list[int]:
    found, at = [], -1
    while (at := data.find(name, at + 1)) >= 0:
        found.append(at)
    return found


def rf64() -> bytes:
    """The form of WAV for more than 4 GB."""
    wav = samples.sound("wav")
    at = wav.index(b"data")
    sound = wav[at + 8 :]
    sizes = struct.pack("<QQQI", len(wav) + 36 - 8, len(sound), len(sound) // 2, 0)
    header = b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<I", 28) + sizes
    return header + wav[12:at] + b"data\xff\xff\xff\xff" + sound


def recoded(muxer: str, codec: str) -> bytes:
    """A second of sound in another encoding."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=muxer) as file:
        stream: Any = file.add_stream(codec, rate=48_000, layout="mono")
        context = stream.codec_context
        context.open()
        resampler = av.AudioResampler(context.format.name, "mono", 48_000, context.frame_size)
        wave = np.sin(np.arange(48_000) * 0.05).astype(np.float32)
        whole = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="fltp", layout="mono")
        whole.sample_rate = 48_000
        for frame in [*resampler.resample(whole), *resampler.resample(None)]:
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def without_length(data: bytes) -> bytes:
    """The WebM as a recorder writes it, which does not know yet how long it will be."""
    at = data.index(b"\x44\x89\x88")  # Duration, of 8 bytes: made a void of the same size
    return data[:at] + b"\xec\x89" + b"\0" * 9 + data[at + 11 :]


HEIC = struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + b"\0" * 80
SVG = b'<?xml version="1.0"?>\n<!-- made -->\n<svg xmlns="http://www.w3.org/2000/svg" width="9"/>'
QUARTER = (0, -1, 1, 0)

MADE: dict[str, Callable[[], bytes]] = {
    "mp4 turned by a phone": lambda: turned(film(), QUARTER),
    "mkv turned by a phone": lambda: wrapped(turned(film(), QUARTER), "matroska"),
    "webm turned": lambda: wrapped(
        turned(film(codec="libvpx-vp9", options={"cpu-used": "8"}), QUARTER), "webm"
    ),
    "mp4 mirrored": lambda: turned(film(), MATRICES[2]),
    "mp4 turned by 45 degrees": lambda: turned(film(), (0.7, -0.7, 0.7, 0.7)),
    "mp4 wide pixels": lambda: film(aspect=Fraction(2)),
    "mp4 high pixels": lambda: film(aspect=Fraction(1, 2)),
    "mp4 wide pixels, turned": lambda: turned(film(aspect=Fraction(2)), QUARTER),
    "mkv wide pixels": lambda: wrapped(film(aspect=Fraction(2)), "matroska"),
    "avi old television": lambda: film(muxer="avi", codec="mpeg4", aspect=Fraction(16, 15)),
    "mkv uneven": lambda: film(UNEVEN, muxer="matroska", codec="ffv1", busy=True),
    "mp4 uneven": lambda: film(UNEVEN, busy=True),
    "webm uneven": lambda: film(UNEVEN, muxer="webm", codec="libvpx", options={"cpu-used": "8"}),
    "mp4 short claim": lambda: with_duration(film(), 0.3),
    "mp4 long claim": lambda: with_duration(film(), 9.0),
    "mp4 late sound": lambda: film(sound_from=Fraction(2)),
    "webm late start": lambda: wrapped(
        film(muxer="webm", codec="libvpx", options={"cpu-used": "8"}), "webm", late=Fraction(5)
    ),
    "ts from a stream": lambda: wrapped(film(), "mpegts", late=Fraction(7)),
    "mp3 joined": lambda: samples.sound("mp3", 1.0) + samples.sound("mp3", 3.0),
    "mp3 joined, bare": lambda: bare_mp3(1.0) + bare_mp3(3.0),
    "mp3 joined, other rate": lambda: samples.sound("mp3") + samples.sound("mp3", rate=22_050),
    "mp3 of varying rate, bare": lambda: hushed("mp3"),
    "aac of varying rate": lambda: hushed("aac"),
    "aac joined": lambda: samples.sound("aac", 1.0) + samples.sound("aac", 3.0),
    "flac joined": lambda: samples.sound("flac", 1.0) + samples.sound("flac", 3.0),
    "opus chained": lambda: samples.sound("ogg", 1.0) + samples.sound("ogg", 3.0),
    "rf64": rf64,
    "webm audio without a length": lambda: without_length(samples.sound("webm")),
    "wav of another encoding": lambda: recoded("wav", "pcm_s32le"),
    "heic": lambda: HEIC,
    "svg": lambda: SVG,
    "jpeg xl": lambda: b"\xff\x0a" + b"\x7f" * 90,
    "jpeg xl in boxes": lambda: b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 90,
    "raw samples": lambda: b"\0\x01" * 24_000,
    "flv": lambda: b"FLV\x01\x05\0\0\0\x09" + b"\0" * 90,
    "midi": lambda: b"MThd\0\0\0\x06\0\0\0\x01\0\x60" + b"\0" * 20,
}
