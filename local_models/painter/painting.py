"""Putting a picture together: forms, ground, light, colour, figures; then bytes."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local_models.embedding import Vector, embed, project, random_vector, words_of
from local_models.protocol import HostReply, HostRequest, UnusableInput

from .colour import Palette, coloured, glow_of, palette_of, ramp_colour
from .figures import Figure, figure_masks, figures_of, thread_mask
from .forms import Forms, canvas, forms_of
from .ground import ground_of, with_ground

Array = NDArray[np.float32]
SIZE = (1280, 720)  # columns and rows
CONTOURS = 3.0  # lines per deviation of the field
GRAIN = np.float32(1.0)  # steps of 256
COARSE = 4  # the forms are smooth: computing every fourth point shows no difference


def paint(request: HostRequest) -> HostReply:
    """A WebP of the request's words; about 50 kB, where a lossless file has ten times as much."""
    if not request.text.strip():
        raise UnusableInput("There are no words to paint.")
    picture = picture_of(request.text, offset=_offset(request))
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=95, method=2)
    return HostReply(data=file.getvalue(), content_type="image/webp")


def picture_of(
    prompt: str, *, offset: Vector | None = None, size: tuple[int, int] = SIZE
) -> NDArray[np.uint8]:
    """The picture of a prompt, `offset` from where its words put it; the same at every call."""
    columns, rows = size
    words = words_of(prompt)
    vector = embed(prompt)
    if offset is not None:
        vector = vector + offset
        vector = vector / np.float32(np.linalg.norm(vector))
    palette = palette_of(vector, words)
    ground = ground_of(vector, words)
    forms = forms_of(vector, columns // COARSE, rows // COARSE)
    light = _lit(with_ground(forms, ground), palette, vector, size)
    figures, thread = figures_of(words, columns / rows, ground.horizon if ground else None)
    _ink(light, thread_mask(thread, columns, rows), palette)
    for figure in figures:
        _draw(light, figure, palette)
    return _developed(light)


def _offset(request: HostRequest) -> Vector | None:
    """What the slot's parameters add: a fixed step for a seed, one of the call's own for noise."""
    seed = request.parameters.get("seed")
    noise = min(1.0, max(0.0, request.parameter("noise", 0.0)))
    step = np.float32(0.6) * random_vector(f"seed {seed}") if isinstance(seed, int) else None
    if noise:
        source = f"{request.key} {request.number}" if step is None else seed
        chance: Vector = np.float32(noise) * random_vector(f"noise {source}")
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


def _ink(light: Array, lines: Array, palette: Palette) -> None:
    """Thin lines: light where the picture is dark, dark where it is light."""
    ground = np.clip((light.mean(axis=2) - 0.22) / 0.25, 0, 1)[..., None]
    glow = glow_of(palette)
    ink = (1 - ground) * (0.25 + 0.75 * glow) + ground * (0.08 * glow)
    light += lines[..., None] * (ink - light)


def _draw(light: Array, figure: Figure, palette: Palette) -> None:
    """One figure: pale on a dark ground, dark on a pale one, or as its words ask."""
    rows = len(light)
    masks = figure_masks(figure, rows)
    side = len(masks[0])
    top, left = round(figure.y * rows - side / 2), round(figure.x * rows - side / 2)
    down, across = slice(max(0, top), top + side), slice(max(0, left), left + side)
    region = light[down, across]
    inside = slice(max(0, -top), None), slice(max(0, -left), None)
    fill, outline, soft = (
        mask[inside][: region.shape[0], : region.shape[1], None] for mask in masks
    )
    dark_below = float((region.mean(axis=2) * fill[..., 0]).sum() / (fill.sum() + 1e-6)) < 0.2
    pale = dark_below if figure.pale is None else figure.pale
    tones = (0.16, 0.74) if figure.hue is None else (0.42, 0.6)  # a colour asked for is to be seen
    colour = ramp_colour(palette, figure.hue, tones[pale])
    edge = ramp_colour(palette, figure.hue, 0.05 if pale else 0.9)
    shade = np.linspace(1.25, 0.6, region.shape[0], dtype=np.float32)[:, None, None]
    region *= 1 - 0.55 * soft if pale else 1 + 0.8 * soft
    region += 0.94 * fill * (colour * shade - 0.8 * region)
    region += outline * (edge - region)


def _developed(light: Array) -> NDArray[np.uint8]:
    """As the eye expects it, darker towards the corners, with a grain that hides the steps."""
    rows, columns = light.shape[:2]
    x, y = canvas(columns, rows)
    shade = 1 - np.float32(0.10) * (x * x * np.float32(81 / 256) + y * y)
    seen = np.clip(light * shade[..., None], 0, 1) ** np.float32(1 / 2.2)
    grain = np.random.RandomState(1).standard_normal((rows, columns)).astype(np.float32)
    levels: Array = np.clip(seen * 255 + (GRAIN * grain + 0.5)[..., None], 0, 255)
    return levels.astype(np.uint8)
