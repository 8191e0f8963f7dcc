"""Images, sounds and videos as a model would give them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import av
import numpy as np
from PIL import Image


def image(
    file_format: str = "PNG",
    size: tuple[int, int] = (64, 48),
    mode: str = "RGB",
    seed: int = 0,
    **options: Any,
) -> bytes:
    """Noise, so that no two seeds give the same file and none of it compresses away."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    noise = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], bands), dtype=np.uint8)
    picture = Image.frombytes(mode, size, noise.tobytes())
    return _saved(picture, file_format, **options)


def animation(file_format: str = "GIF", frames: int = 5) -> bytes:
    pictures = [Image.new("RGB", (60, 40), (index * 40, 0, 90)) for index in range(frames)]
    return _saved(pictures[0], file_format, save_all=True, append_images=pictures[1:], duration=100)


def huge_png(width: int = 40_000, height: int = 40_000) -> bytes:
    """A bomb: kilobytes that would decode to gigabytes."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (width // 8 + 1) * 64)
    chunks = [(b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _saved(picture: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


SOUNDS = {
    "wav": ("wav", "pcm_s16le"),
    "mp3": ("mp3", "libmp3lame"),
    "ogg": ("ogg", "libopus"),
    "flac": ("flac", "flac"),
    "m4a": ("mp4", "aac"),
    "aac": ("adts", "aac"),
    "webm": ("webm", "libopus"),
    "aiff": ("aiff", "pcm_s16be"),
    "mulaw": ("wav", "pcm_mulaw"),
}
VIDEOS = {
    "mp4": ("mp4", "libx264", "yuv420p"),
    "webm": ("webm", "libvpx", "yuv420p"),
    "full colour mp4": ("mp4", "libx264", "yuv444p"),
    "old mp4": ("mp4", "mpeg4", "yuv420p"),
    "avi": ("avi", "mjpeg", "yuvj420p"),
    "mkv": ("matroska", "libx264", "yuv420p"),
}


def sound(name: str = "wav", seconds: float = 1.0, rate: int = 48_000) -> bytes:
    muxer, codec = SOUNDS[name]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=muxer) as file:
        stream: Any = file.add_stream(codec, rate=rate, layout="mono")
        context = stream.codec_context
        context.open()
        resampler = av.AudioResampler(context.format.name, "mono", rate, context.frame_size)
        times = np.arange(int(rate * seconds)) / rate
        wave = (np.sin(2 * np.pi * 440 * times) * 0.4).astype(np.float32)
        whole = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="fltp", layout="mono")
        whole.sample_rate = rate
        for frame in [*resampler.resample(whole), *resampler.resample(None)]:
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def video(name: str = "mp4", frames: int = 24, size: tuple[int, int] = (160, 120)) -> bytes:
    muxer, codec, pixels = VIDEOS[name]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=muxer) as file:
        stream: Any = file.add_stream(codec, rate=24)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        for index in range(frames):
            picture = np.full((size[1], size[0], 3), index * 10, np.uint8)
            picture[:, : index * 6] = 220
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    return buffer.getvalue()
