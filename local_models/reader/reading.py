"""The reader: PP-OCRv6 in onnxruntime. One network marks where text is, the other one reads a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local_models.onnx_session import OnnxSession
from local_models.protocol import HostReply, HostRequest
from local_models.tagger.tagging import open_picture

from .text_lines import TextLine, find_lines

LONG_SIDE, STEP = 640, 32
THRESHOLD = 0.3
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
LINE_HEIGHT, MAX_LINE_WIDTH = 48, 1600
MIN_CONFIDENCE = 0.5
NOTHING = "Nothing is written here."
Array = NDArray[np.float32]


class PictureReader:
    """Not for two threads at once."""

    def __init__(self, detector: Path, recogniser: Path) -> None:
        self._detector = OnnxSession(detector)
        self._recogniser = OnnxSession(recogniser)
        signs = self._recogniser.notes["character"]
        # The first number stands for "the same sign goes on", the last one for a blank.
        self._signs = ["", *signs.splitlines(), " "]

    def read(self, request: HostRequest) -> HostReply:
        """What is written in the picture; always the same for the same picture."""
        picture = open_picture(Path(request.path))
        lines = [self._line(picture, line) for line in self._lines(picture)]
        text = " ".join(line for line in lines if any(sign.isalnum() for sign in line))
        return HostReply(text=text or NOTHING)

    def _lines(self, picture: Image.Image) -> list[TextLine]:
        """In pixels of the picture."""
        scale = LONG_SIDE / max(picture.size)
        width, height = (max(STEP, round(side * scale / STEP) * STEP) for side in picture.size)
        pixels = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), np.float32)
        signal: Array = ((pixels[..., ::-1] / 255 - MEAN) / DEVIATION).astype(np.float32)
        marks = self._run(self._detector, signal)[0, 0] > THRESHOLD
        across, down = picture.width / width, picture.height / height
        return [
            TextLine(
                int(line.left * across),
                int(line.top * down),
                max(1, round(line.right * across)),
                max(1, round(line.bottom * down)),
            )
            for line in find_lines(marks)
        ]

    def _line(self, picture: Image.Image, line: TextLine) -> str:
        strip = picture.crop((line.left, line.top, line.right, line.bottom))
        width = min(
            MAX_LINE_WIDTH, max(LINE_HEIGHT, round(strip.width * LINE_HEIGHT / strip.height))
        )
        pixels = np.asarray(
            strip.resize((width, LINE_HEIGHT), Image.Resampling.BILINEAR), np.float32
        )
        chances = self._run(self._recogniser, pixels[..., ::-1] / 127.5 - 1)[0]
        best = chances.argmax(axis=1)
        changed = np.concatenate(([True], best[1:] != best[:-1])) & (best > 0)
        if not changed.any() or chances.max(axis=1)[changed].mean() < MIN_CONFIDENCE:
            return ""
        return "".join(self._signs[number] for number in best[changed]).strip()

    @staticmethod
    def _run(session: OnnxSession, signal: Array) -> Array:
        batch = np.ascontiguousarray(signal.transpose(2, 0, 1)[None], dtype=np.float32)
        made: Array = session.run_one(batch)
        return made
