"""Small clips with known pictures, written by the tests themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from operations.planes import Plane, frame_of, planes_of

WIDTH, HEIGHT = 64, 48
SOUND_RATE = 48_000
Pixels = npt.NDArray[np.float64]


def texture(height: int, width: int, *, fine: float, seed: int) -> Pixels:
    """Smooth noise from 0 to 1, the same each time."""
    noise = np.random.default_rng(seed).normal(size=(height, width))
    kernel = np.exp(-(np.arange(-9, 10) ** 2) / (2 * fine**2))
    for axis in (0, 1):
        noise = np.apply_along_axis(np.convolve, axis, noise, kernel / kernel.sum(), "same")
    scaled: Pixels = (noise - noise.min()) / (noise.max() - noise.min())
    return scaled


def grey(luma: Pixels) -> list[Plane]:
    height, width = luma.shape
    colour = np.full(((height + 1) // 2, (width + 1) // 2), 128, np.uint8)
    return [luma.round().clip(16, 235).astype(np.uint8), colour, colour]


def moving_sprite(count: int, width: int = WIDTH, height: int = HEIGHT) -> list[list[Plane]]:
    """A textured sprite that moves 3 pixels to the right and 1 down each picture over a still ground."""
    ground = texture(height, width, fine=6, seed=1) * 60 + 90
    sprite = texture(height // 3, width // 3, fine=1.5, seed=2) * 200 + 25
    pictures = []
    for number in range(count):
        luma = ground.copy()
        x, y = 4 + 3 * number, 4 + number
        part = luma[y : y + len(sprite), x : x + sprite.shape[1]]
        part[:] = sprite[: part.shape[0], : part.shape[1]]
        pictures.append(grey(luma))
    return pictures


def flat(level: int, width: int = WIDTH, height: int = HEIGHT) -> list[Plane]:
    return grey(np.full((height, width), float(level)))


def write_clip(
    path: Path,
    pictures: Iterable[Sequence[Plane]],
    *,
    rate: Fraction | int = 25,
    codec: str = "libx264",
    times: Sequence[Fraction] = (),
    sound: npt.NDArray[np.float32] | None = None,
    sound_at: int = 0,  # samples of nothing before it
    container: dict[str, str] | None = None,
    before_mux: Callable[[Any], None] = lambda stream: None,
) -> Path:
    """A clip of these pictures, without loss; `times` are in seconds, without them the rate is even."""
    with av.open(str(path), "w", options=container or {}) as media:
        stream: Any = None
        voice = None
        tick = Fraction(1, 90_000) if times else 1 / Fraction(rate)
        for number, planes in enumerate(pictures):
            frame = frame_of(planes)
            if stream is None:
                options = (
                    {"qp": "0", "bf": "0", "preset": "ultrafast"} if codec == "libx264" else {}
                )
                stream = media.add_stream(codec, rate=Fraction(rate), options=options)
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
                stream.codec_context.time_base = tick
                before_mux(stream)
                voice = add_voice(media, sound)
            at = times[number] if times else number * tick
            frame.pts, frame.time_base = round(at / tick), tick
            media.mux(stream.encode(frame))
        media.mux(stream.encode(None))
        if voice is not None and sound is not None:
            encode_sound(media, voice, sound, sound_at)
    return path


def add_voice(media: Any, sound: npt.NDArray[np.float32] | None) -> Any:
    return None if sound is None else media.add_stream("aac", rate=SOUND_RATE, layout="stereo")


def encode_sound(media: Any, stream: Any, sound: npt.NDArray[np.float32], begin: int = 0) -> None:
    resampler = av.AudioResampler("fltp", "stereo", SOUND_RATE, frame_size=1024)
    if stream.codec_context.codec.name.startswith("pcm"):
        resampler = av.AudioResampler("s16", "stereo", SOUND_RATE)
    both = np.ascontiguousarray(np.stack([sound, sound], 1).reshape(1, -1), dtype=np.float32)
    frame = av.AudioFrame.from_ndarray(both, format="flt", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, begin, Fraction(1, SOUND_RATE)
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        media.mux(stream.encode(part))
    media.mux(stream.encode(None))


def write_wav(path: Path, sound: npt.NDArray[np.float32]) -> Path:
    with av.open(str(path), "w", format="wav") as media:
        stream = media.add_stream("pcm_s16le", rate=SOUND_RATE, layout="stereo")
        encode_sound(media, stream, sound)
    return path


def tone(seconds: float, *, level: float = 0.1, pitch: float = 997) -> npt.NDArray[np.float32]:
    at = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    return (np.sin(2 * np.pi * pitch * at) * level).astype(np.float32)


def click(seconds: float, at: float) -> npt.NDArray[np.float32]:
    """Silence with 5 ms of a loud tone in it."""
    sound = np.zeros(round(seconds * SOUND_RATE), np.float32)
    begin = round(at * SOUND_RATE)
    sound[begin : begin + 240] = tone(0.005, level=0.8, pitch=3000)
    return sound


def pictures_of(path: Path) -> list[list[Plane]]:
    with av.open(str(path)) as media:
        return [[p.copy() for p in planes_of(frame)] for frame in media.decode(video=0)]


def sound_of(path: Path) -> npt.NDArray[np.float32]:
    """One channel of its sound, each sample at the time that the file gives it."""
    parts: list[tuple[int, npt.NDArray[np.float32]]] = []
    resampler = av.AudioResampler("fltp", "stereo", SOUND_RATE)
    media: Any
    with av.open(str(path)) as media:
        for frame in media.decode(audio=0):
            begin = round(frame.pts * frame.time_base * SOUND_RATE)
            parts += [(begin, part.to_ndarray()[0]) for part in resampler.resample(frame)]
    length = max(begin + len(part) for begin, part in parts)
    sound = np.zeros(length, np.float32)
    for begin, part in parts:
        sound[max(0, begin) : begin + len(part)] = part[max(0, -begin) :]
    return sound


def blend(one: Sequence[Plane], other: Sequence[Plane]) -> list[npt.NDArray[Any]]:
    """What plain blending makes of two pictures: their brightness only."""
    return [(one[0].astype(float) + other[0]) / 2]


def psnr(one: Sequence[npt.NDArray[Any]], other: Sequence[npt.NDArray[Any]]) -> float:
    error = np.mean((one[0].astype(float) - other[0].astype(float)) ** 2)
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))
