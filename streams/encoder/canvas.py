"""One picture as the planes of a video frame: what a tile of the wall shows, drawn over the whole frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from operations.lettering import FontList, draw_text, fit_text, usable_fonts

from .protocol import Picture

WIDTH, HEIGHT = 1280, 720
MARGIN = 48
LABEL_HEIGHT = 56
MAX_CAPTION_HEIGHT = 112
CAPTION_SIZE, LABEL_SIZE, TEXT_SIZE, TITLE_SIZE = 34, 24, 132, 24  # pixels, at most
MAX_PIXELS = 60_000_000  # of an image; ingest lets no larger one in
GROUND, LINE, MUTED, LIGHT, RED = "#0b0a0f", "#352d47", "#b09bcf", "#eadcfd", "#f43f5e"
TONES = {"text": "#fb923c", "image": "#60a5fa", "audio": "#34d399", "video": "#a380ff"}
Planes = NDArray[np.uint8]  # 4:2:0, as av.VideoFrame.to_ndarray gives it


@dataclass(frozen=True, slots=True)
class FrameBox:
    """Where a medium is drawn. Even numbers: the colours have half the pixels."""

    left: int
    top: int
    width: int
    height: int

    def fitted(self, width: int, height: int) -> FrameBox:
        """The largest box of this shape inside, in the middle."""
        scale = min(self.width / max(1, width), self.height / max(1, height))
        wide = max(2, int(width * scale) // 2 * 2)
        high = max(2, int(height * scale) // 2 * 2)
        left = self.left + (self.width - wide) // 4 * 2
        return FrameBox(left, self.top + (self.height - high) // 4 * 2, wide, high)


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    planes: Planes
    media_box: FrameBox  # where the frames of a film go


class Canvas:
    """Draws pictures; `font_files`: asked for a letter in their order, before the system's."""

    def __init__(self, font_files: Sequence[Path]) -> None:
        self._fonts = FontList(usable_fonts(font_files))

    def draw(self, picture: Picture) -> DrawnPicture:
        """Raises OSError or ValueError where its image cannot be read."""
        image = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
        bottom = HEIGHT
        if picture.kind == "slate":
            self._draw_disc(image)
        if picture.label or picture.title:
            bottom = self._draw_label(image, picture)
        if picture.kind not in ("text", "slate") and picture.caption:
            bottom = self._draw_caption(image, picture.caption, bottom)
        box = FrameBox(0, 0, WIDTH, bottom // 2 * 2)
        if picture.kind in ("text", "slate"):
            self._draw_words(image, picture, box)
        elif picture.kind != "video" and picture.path:
            _paste(image, Path(picture.path), box)
        return DrawnPicture(planes_of(image), box)

    def _draw_words(self, image: Image.Image, picture: Picture, box: FrameBox) -> None:
        slate = picture.kind == "slate"
        inner = (box.width - 2 * MARGIN, box.height - 2 * MARGIN)
        if slate:
            inner = (inner[0], 140)
        fitted = fit_text(
            picture.text or "…", self._fonts, *inner, TEXT_SIZE if not slate else CAPTION_SIZE
        )
        drawn = draw_text(fitted, self._fonts, inner[0])
        top = box.height - 200 if slate else (box.height - drawn.height) // 2
        image.paste(drawn, (MARGIN, max(0, top)), drawn)

    def _draw_caption(self, image: Image.Image, words: str, bottom: int) -> int:
        width = WIDTH - 2 * MARGIN
        fitted = fit_text(words, self._fonts, width, MAX_CAPTION_HEIGHT, CAPTION_SIZE)
        drawn = draw_text(fitted, self._fonts, width)
        top = bottom - drawn.height - 12
        image.paste(drawn, (MARGIN, top), drawn)
        return top - 12

    def _draw_label(self, image: Image.Image, picture: Picture) -> int:
        top = HEIGHT - LABEL_HEIGHT
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, top, WIDTH, HEIGHT), fill="#15121c")
        draw.rectangle((0, top, 8, HEIGHT), fill=TONES.get(picture.kind, RED))
        third = (WIDTH - 2 * MARGIN) // 3
        for words, width, right in (
            (picture.label, 2 * third, False),
            (picture.title, third, True),
        ):
            if not words:
                continue
            fitted = fit_text(words, self._fonts, width, LABEL_HEIGHT - 12, LABEL_SIZE)
            drawn = draw_text(fitted, self._fonts, width)
            drawn = drawn.crop(drawn.getbbox() or (0, 0, 1, 1))
            left = WIDTH - MARGIN - drawn.width if right else MARGIN
            image.paste(drawn, (left, top + (LABEL_HEIGHT - drawn.height) // 2), drawn)
        return top

    def _draw_disc(self, image: Image.Image) -> None:
        draw = ImageDraw.Draw(image)
        middle, top, radius = WIDTH // 2, 260, 96
        for grown, tone in ((40, "#1f0b14"), (20, "#34101c"), (0, RED)):
            size = radius + grown
            draw.ellipse((middle - size, top - size, middle + size, top + size), fill=tone)


def _paste(image: Image.Image, path: Path, box: FrameBox) -> None:
    with Image.open(path) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise ValueError(f"{opened.width} x {opened.height} pixels are too many")
        opened.draft("RGB", (2 * box.width, 2 * box.height))
        found = box.fitted(opened.width, opened.height)
        shown = opened.convert("RGBA").resize((found.width, found.height), Image.Resampling.LANCZOS)
    image.paste(shown, (found.left, found.top), shown)


def planes_of(image: Image.Image) -> Planes:
    frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
    return video_planes(frame, WIDTH, HEIGHT)


def video_planes(frame: Any, width: int, height: int) -> Planes:
    """A frame of any format as planes of this size, in the colours of high definition."""
    made = frame.reformat(
        width,
        height,
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
    planes: Planes = made.to_ndarray()
    return planes


def place(planes: Planes, inner: Planes, box: FrameBox) -> Planes:
    """A copy with `inner`, planes of the box's size, in the box."""
    made = planes.copy()
    made[box.top : box.top + box.height, box.left : box.left + box.width] = inner[: box.height]
    colours, small = made[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2), inner[box.height :]
    top, left = box.top // 2, box.left // 2
    rows, columns = box.height // 2, box.width // 2
    colours[:, top : top + rows, left : left + columns] = small.reshape(2, rows, columns)
    return made
