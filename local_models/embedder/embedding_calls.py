"""What the model host answers to a request for embeddings: float16 numbers, one vector after another."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local_models.protocol import HostReply, HostRequest, UnusableInput
from local_models.tagger.efficientnet import SIDE, EfficientNet
from local_models.tagger.tagging import open_picture

from .minilm import MiniLM

CONTENT_TYPE = "application/x-float16"
BEHIND = 10  # nice, where the host's other threads have 5


class TextEmbedder:
    """`texts`, a list of them in the parameters: a vector for each; with `seconds`, for as many of the first ones as
    were calculated within that time, one at least."""

    def __init__(self, weights: Path, vocabulary: Path) -> None:
        self._model = MiniLM(weights, vocabulary)

    def __call__(self, request: HostRequest) -> HostReply:
        texts = request.parameters.get("texts")
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise UnusableInput("The texts to embed must be a list of texts.")
        until = time.monotonic() + request.parameter("seconds", math.inf)
        found = []
        for vector in self._model.embed_in_turn(texts):
            found.append(vector)
            if request.cancelled.is_set():
                raise UnusableInput("The call was cancelled.")
            if time.monotonic() > until:
                break
        return reply_with(found)


class ImageEmbedder:
    """The picture at `path`: one vector, of what the tagger's network sees before it names it."""

    def __init__(self, weights: Path) -> None:
        self._net = EfficientNet(weights)

    def __call__(self, request: HostRequest) -> HostReply:
        image = open_picture(Path(request.path))
        small = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        features = self._net.features(np.asarray(small))
        length = float(np.linalg.norm(features))
        if not length:
            raise UnusableInput("Nothing can be seen in the picture.")
        return reply_with([features / np.float32(length)])


def reply_with(vectors: list[NDArray[np.float32]]) -> HostReply:
    """Raises UnusableInput rather than answer with a vector that says nothing."""
    if not all(np.isfinite(one).all() and np.any(one) for one in vectors):
        raise UnusableInput("There is no embedding of this.")
    data = b"".join(one.astype("<f2").tobytes() for one in vectors)
    return HostReply(data=data, content_type=CONTENT_TYPE)


def step_back() -> None:
    """Give the calling thread less of a busy machine than steps have. Linux keeps one priority for each thread.

    Not the lowest: on a machine that is always busy it would embed a text a minute, and while it waits to go on it
    may hold the interpreter's lock, for which the threads of the steps wait."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BEHIND)
