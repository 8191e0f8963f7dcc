"""Writes a text into the pictures of a chunk, as large as it fits, on half of their height at most; in the middle, on
nearly all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from operations.chunks import ChunkHeader, frames_of, read_header, require_count, write_chunk
from operations.contract import (
    CHUNK,
    MadeOutputs,
    Operation,
    OperationBackend,
    OperationOutput,
    OperationParameter,
    OperationWork,
)
from operations.lettering import FontList, clean_text, draw_text, fit_text, usable_fonts
from operations.planes import Plane, frame_of, from_rgb, planes_of

MARGIN_SHARE = 0.05
HEIGHT_SHARE = {"bottom": 0.5, "top": 0.5, "middle": 0.95}  # with one of its margins


def caption(work: OperationWork) -> MadeOutputs:
    (path,) = work.inputs
    header = read_header(path)
    work.report(0.0, "letters")
    text = work.parameters["text"]
    lettering = _lettering(header, work) if clean_text(text) else None
    chunk = write_chunk(work.folder, header, _captioned(path, header, lettering, work))
    details = {
        "lines": lettering.lines if lettering else 0,
        "size": lettering.size if lettering else 0,
        "is_cut": lettering.is_cut if lettering else False,
    }
    return MadeOutputs([OperationOutput(chunk, CHUNK, header.stored)], details)


@dataclass(frozen=True, slots=True)
class _Lettering:
    """The text in the colours of the pictures, from one of their lines on; how much of it covers them."""

    top: int
    planes: list[Plane]
    cover: list[Any]  # of each plane, 0 to 256
    lines: int
    size: int
    is_cut: bool


def _lettering(header: ChunkHeader, work: OperationWork) -> _Lettering:
    fonts = FontList(usable_fonts([Path(one) for one in work.parameters["fonts"]]))
    width, height = header.width, header.height
    margin = round(min(width, height) * MARGIN_SHARE)
    place = work.parameters["place"]
    room = max(1, int(height * HEIGHT_SHARE[place]) - margin)
    largest = max(1, round(height * work.parameters["size"]))
    fitted = fit_text(work.parameters["text"], fonts, width - 2 * margin, room, largest)
    image = draw_text(fitted, fonts, width)
    bottom = max(0, height - margin - image.height)
    top = {"top": margin, "middle": max(0, (height - image.height) // 2)}.get(place, bottom)
    top -= top % 2  # its colours are halved in height
    image = image.crop((0, 0, width, min(image.height, height - top)))
    return _Lettering(top, *_as_planes(image), len(fitted.lines), fitted.size, fitted.is_cut)


def _as_planes(image: Image.Image) -> tuple[list[Plane], list[Any]]:
    pixels = np.asarray(image)
    alpha = pixels[:, :, 3].astype(np.uint16)
    alpha += alpha >> 7  # 255 becomes 256: wholly covered
    high, wide = alpha.shape
    even = np.pad(alpha, ((0, high % 2), (0, wide % 2)), "edge")
    half = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) // 4
    return from_rgb(pixels[:, :, :3]), [alpha, half, half]


def _captioned(
    path: Path, header: ChunkHeader, lettering: _Lettering | None, work: OperationWork
) -> Iterator[Any]:
    number = 0
    for number, frame in enumerate(frames_of(path), 1):
        work.report(number / header.stored, "caption")
        yield frame if lettering is None else _over(frame, lettering)
    require_count(header, number)


def _over(frame: Any, lettering: _Lettering) -> Any:
    planes = [plane.copy() for plane in planes_of(frame)]
    for number, plane in enumerate(planes):
        top = lettering.top if number == 0 else lettering.top // 2
        cover, letters = lettering.cover[number], lettering.planes[number]
        under = plane[top : top + len(cover)]
        mixed = under * (256 - cover) + letters[: len(under)] * cover[: len(under)] + 128
        under[:] = (mixed >> 8).astype(np.uint8)
    return frame_of(planes)


OPERATION = Operation(
    name="caption",
    module=__name__,
    description="Writes a text into the pictures of a chunk.",
    takes=(CHUNK,),
    gives=(CHUNK,),
    backends=(OperationBackend("pillow", caption),),
    parameters=(
        OperationParameter("text", "text", "What is written.", ""),
        OperationParameter(
            "place", "text", "Where it stands.", "bottom", choices=tuple(HEIGHT_SHARE)
        ),
        OperationParameter(
            "size",
            "number",
            "Height of the letters, as a share of that of the pictures.",
            0.06,
            minimum=0.01,
            maximum=0.3,
        ),
        OperationParameter(
            "fonts", "texts", "Files or folders of fonts, before those of the system.", []
        ),
    ),
)
