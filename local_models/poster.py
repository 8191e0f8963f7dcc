"""The poster: words set large, as a worn print of them. For readers of pictures.

The same words give the same poster; `noise` says how worn it is.
"""

from __future__ import annotations

import hashlib
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from .embedding import embed, words_of
from .painter.colour import palette_of, ramp_colour
from .protocol import HostReply, HostRequest, UnusableInput

SIZE = 1280, 720
MARGIN = 90
LARGEST, SMALLEST, STEP = 150, 34, 4  # heights of the letters
LEADING = 1.25
MAX_TEXT = 300  # characters; more cannot be read on it
NOISE = 0.6
TINT, PAPER = 0.16, 0.86  # places on a ramp of the palette


def print_poster(request: HostRequest) -> HostReply:
    """A JPEG of the request's words."""
    text = " ".join(request.text.split())[:MAX_TEXT]
    if not any(sign.isalnum() for sign in text):
        raise UnusableInput("There are no words to print.")
    noise = min(1.0, max(0.0, request.parameter("noise", NOISE)))
    seed = int(request.parameter("seed", 0))
    chance = np.random.default_rng(_seed(text, seed))
    palette = palette_of(embed(text), words_of(text))
    ramp = float(chance.uniform(0, 12))
    paper, ink = (_level(ramp_colour(palette, ramp, place)) for place in (PAPER, TINT))
    sheet = Image.new("RGB", SIZE, paper)
    _print_words(sheet, text, ink, noise, chance)
    file = io.BytesIO()
    _worn(sheet, noise, chance).save(file, "JPEG", quality=88)
    return HostReply(data=file.getvalue(), content_type="image/jpeg")


def _seed(text: str, seed: int) -> int:
    digest = hashlib.blake2b(f"{seed} {text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _level(colour: NDArray[np.floating]) -> tuple[int, int, int]:
    red, green, blue = (int(part) for part in (np.clip(colour, 0, 1) * 255).round())
    return red, green, blue


def _print_words(
    sheet: Image.Image,
    text: str,
    ink: tuple[int, int, int],
    noise: float,
    chance: np.random.Generator,
) -> None:
    """Word by word, each a little beside its place."""
    height, lines = _set(text)
    font = ImageFont.load_default(height)
    blank = font.getlength(" ")
    top = (SIZE[1] - height * LEADING * len(lines)) / 2
    for number, line in enumerate(lines):
        at = MARGIN
        for word in line:
            x, y = chance.normal(0, noise * height / 14, 2)
            place = at + x, top + number * height * LEADING + y
            ImageDraw.Draw(sheet).text(place, word, fill=ink, font=font)
            at += round(font.getlength(word) + blank)


def _set(text: str) -> tuple[int, list[list[str]]]:
    """The largest height at which the words fit, and their lines."""
    for height in range(LARGEST, SMALLEST, -STEP):
        lines = _lines(text, height)
        if lines and len(lines) * height * LEADING <= SIZE[1] - MARGIN:
            return height, lines
    return SMALLEST, _lines(text, SMALLEST) or [[text]]


def _lines(text: str, height: int) -> list[list[str]]:
    """Empty where a word is too long."""
    font = ImageFont.load_default(height)
    lines: list[list[str]] = [[]]
    for word in text.split():
        if font.getlength(word) > SIZE[0] - 2 * MARGIN:
            return []
        if lines[-1] and font.getlength(" ".join([*lines[-1], word])) > SIZE[0] - 2 * MARGIN:
            lines.append([])
        lines[-1].append(word)
    return lines


def _worn(sheet: Image.Image, noise: float, chance: np.random.Generator) -> Image.Image:
    """Turned, soft, grained, and with flecks where the ink did not take, each as much as the noise says."""
    paper = sheet.getpixel((0, 0))
    pen = ImageDraw.Draw(sheet)
    for x, y, radius in chance.uniform((0, 0, 3), (*SIZE, 13), (int(520 * noise), 3)):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=paper)
    turned = sheet.rotate(
        float(chance.normal(0, 1.6 * noise)),
        Image.Resampling.BICUBIC,
        fillcolor=paper,
    )
    soft = turned.filter(ImageFilter.GaussianBlur(5.0 * noise))
    grain = chance.normal(0, 70 * noise, (SIZE[1], SIZE[0], 1))
    pixels = np.asarray(soft, np.float32) + grain.astype(np.float32)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
