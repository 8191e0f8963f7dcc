"""Putting a picture together: forms, light, colour, marks; then bytes."""

from __future__ import annotations

import io
import time

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from platforms.local.embedding import Vector, embed, project, thrown, words_of
from platforms.local.protocol import Reply, Request, Unusable

from .colour import Palette, coloured, glow_of, palette_of
from .forms import Forms, canvas, forms_of
from .marks import marks_of

Array = NDArray[np.float32]
SIZE = (1280, 720)  # columns and rows
CONTOURS = 3.0  # lines per deviation of the field
GRAIN = np.float32(1.0)  # steps of 256
COARSE = 4  # the forms are smooth: computing every fourth point shows no difference


def paint(request: Request) -> Reply:
    """A WebP of the request's words; about 50 kB, where a lossless file has ten times as much."""
    begun = time.perf_counter()
    if not request.text.strip():
        raise Unusable("There are no words to paint.")
    picture = picture_of(request.text, astray=_astray(request))
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=95, method=2)
    seconds = time.perf_counter() - begun
    return Reply(data=file.getvalue(), content_type="image/webp", seconds=seconds)


def picture_of(
    prompt: str, *, astray: Vector | None = None, size: tuple[int, int] = SIZE
) -> NDArray[np.uint8]:
    """The picture of a prompt, `astray` from where its words put it; the same at every call."""
    columns, rows = size
    words = words_of(prompt)
    vector = embed(prompt)
    if astray is not None:
        vector = vector + astray
        vector = vector / np.float32(np.linalg.norm(vector))
    palette = palette_of(vector, words)
    forms = forms_of(vector, columns // COARSE, rows // COARSE)
    light = _lit(forms, palette, vector, size)
    _marked(light, words, palette)
    return _developed(light)


def _astray(request: Request) -> Vector | None:
    """What the slot's parameters add: a fixed step for a seed, one of the call's own for noise."""
    seed = request.parameters.get("seed")
    noise = min(1.0, max(0.0, request.parameter("noise", 0.0)))
    step = np.float32(0.6) * thrown(f"seed {seed}") if isinstance(seed, int) else None
    if noise:
        told = f"{request.key} {request.number}" if step is None else seed
        chance: Vector = np.float32(noise) * thrown(f"noise {told}")
        return chance if step is None else step + chance
    return step


def _resized(field: Array, size: tuple[int, int]) -> Array:
    image = Image.fromarray(field, "F").resize(size, Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32)


def _lit(forms: Forms, palette: Palette, vector: Vector, size: tuple[int, int]) -> Array:
    sun = np.float32(-0.8 + 0.5 * np.tanh(project(vector, "sun", 1)[0]))
    slope_y, slope_x = np.gradient(forms.relief * np.float32(len(forms.relief) / 7))
    steep = 1.0 / np.sqrt(slope_x**2 + slope_y**2 + 1.0)
    toward = np.cos(sun) * slope_x - np.sin(sun) * slope_y
    diffuse = (0.75 * toward + 0.66) * steep
    shine = np.clip((0.62 * toward + 0.78) * steep, 0, 1) ** 28
    place = 1.0 / (1.0 + np.exp(-1.5 * forms.mass))
    place = (
        place ** np.float32(2.0 ** (0.45 - 0.8 * palette.key)) * 0.9
        + 0.05
        + 0.20 * (diffuse - 0.66)
    )
    turn = palette.spread * np.tanh(0.7 * forms.hue)
    diffuse, shine, place, turn = (_resized(field, size) for field in (diffuse, shine, place, turn))
    light = coloured(palette, turn, place)
    veins = np.clip(_resized(forms.vein, size), 0, 1)
    lines = veins * _contours(_resized(forms.mass + np.float32(0.5) * forms.relief, size))
    light *= (0.35 + 0.85 * np.clip(diffuse, 0, 1.3))[..., None]
    light += (0.22 * shine * place + 0.10 * lines)[..., None] * glow_of(palette)
    return light


def _contours(field: Array) -> Array:
    """Lines of even width along the level sets, as on a map."""
    levels = np.float32(CONTOURS) * field
    down, across = np.gradient(levels)
    away = np.abs(levels - np.rint(levels)) / (np.hypot(down, across) + np.float32(1e-4))
    lines: Array = np.clip(1.1 - away, 0, 1)
    return lines


def _marked(light: Array, words: list[str], palette: Palette) -> None:
    """Thin marks: light where the picture is dark, dark where it is light."""
    rows, columns = light.shape[:2]
    sharp, soft = marks_of(words, columns, rows)
    ground = np.clip((light.mean(axis=2) - 0.22) / 0.25, 0, 1)
    pale, deep = 0.25 + 0.75 * glow_of(palette), 0.08 * glow_of(palette)
    ink = (1 - ground[..., None]) * pale + ground[..., None] * deep
    light += (0.22 * soft * (1 - ground))[..., None] * pale
    light += sharp[..., None] * (ink - light)


def _developed(light: Array) -> NDArray[np.uint8]:
    """As the eye expects it, darker towards the corners, with a grain that hides the steps."""
    rows, columns = light.shape[:2]
    x, y = canvas(columns, rows)
    shade = 1 - np.float32(0.10) * (x * x * np.float32(81 / 256) + y * y)
    seen = np.clip(light * shade[..., None], 0, 1) ** np.float32(1 / 2.2)
    grain = np.random.RandomState(1).standard_normal((rows, columns)).astype(np.float32)
    levels: Array = np.clip(seen * 255 + (GRAIN * grain + 0.5)[..., None], 0, 255)
    return levels.astype(np.uint8)
