"""Makes a chunk from stills, which stand and then become each other: by a fade, or by growing into each other."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from operations import sentences
from operations.chunks import ChunkHeader, write_chunk
from operations.contract import (
    CHUNK,
    IMAGE,
    MadeOutputs,
    Operation,
    OperationBackend,
    OperationOutput,
    OperationParameter,
    OperationWork,
    Parameters,
)
from operations.errors import BadInput, BadParameters
from operations.learned.rife import rife_missing, rife_transition
from operations.planes import Plane, frame_of, from_rgb
from operations.timing import MAX_RATE, MIN_RATE
from operations.transitions import PictureAt, Transition, faded, grown

MAX_STILLS = 1_000
MAX_STILL_PIXELS = 64_000_000
FADE, INTERPOLATE, MORPH = "fade", "interpolate", "morph"


def crossfade(work: OperationWork, transition: Transition) -> MadeOutputs:
    wanted = work.parameters
    rate = Fraction(wanted["rate"]).limit_denominator(1001)
    stills = work.inputs[:-1] if wanted["into_last"] else work.inputs
    if not stills:
        words = {"operation": "crossfade", "wanted": "2 files or more", "came": 1}
        raise BadParameters(sentences.INPUTS % words)
    ends = _ends(wanted["seconds"], len(stills), rate)
    fade = round(Fraction(wanted["fade"]) * rate)
    if any(after - before <= fade for before, after in zip([0, *ends], ends, strict=False)):
        raise BadParameters(sentences.FADE_TOO_LONG)
    header = ChunkHeader(
        number=wanted["number"],
        first=wanted["first"],
        frames=ends[-1],
        rate=rate,
        width=wanted["width"],
        height=wanted["height"],
        is_last=wanted["is_last"],
    )
    chunk = write_chunk(work.folder, header, _frames(ends, fade, work, transition))
    return MadeOutputs([OperationOutput(chunk, CHUNK, header.frames)], {"ends": ends})


def _ends(seconds: list[float], count: int, rate: Fraction) -> list[int]:
    """The picture with which each still is over: rounded in sum, so that no error adds up."""
    if len(seconds) not in {1, count}:
        raise BadParameters(sentences.LISTS_DIFFER % {"name": "seconds", "count": count})
    lengths = [Fraction(one) for one in (seconds if len(seconds) == count else seconds * count)]
    return [round(sum(lengths[: number + 1]) * rate) for number in range(count)]


def _frames(
    ends: list[int], fade: int, work: OperationWork, transition: Transition
) -> Iterator[Any]:
    now = _canvas(work.inputs[0], work)
    begin = 0
    for number, end in enumerate(ends):
        has_next = number + 1 < len(work.inputs)
        after = _canvas(work.inputs[number + 1], work) if has_next else now
        standing = frame_of(now)
        is_same = all(np.array_equal(a, b) for a, b in zip(now, after, strict=True))
        between: PictureAt | None = None
        for at in range(begin, end):
            work.report(at / ends[-1], "crossfade")
            # The first picture of the next still is wholly its own.
            behind = at - (end - fade) + 1
            if is_same or behind <= 0:
                yield standing
            else:
                between = between or transition(now, after)
                yield frame_of(between(behind / (fade + 1)))
        now, begin = after, end


def _canvas(path: Path, work: OperationWork) -> list[Plane]:
    """A still on the canvas of the film, whole and in the middle, or filling it."""
    size = work.parameters["width"], work.parameters["height"]
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > MAX_STILL_PIXELS:
                raise BadInput(sentences.DAMAGED_IMAGE)
            image = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput(sentences.DAMAGED_IMAGE) from error
    ground = Image.new("RGBA", image.size, (0, 0, 0, 255))
    flat = Image.alpha_composite(ground, image).convert("RGB")
    fitting = ImageOps.fit if work.parameters["fill"] else ImageOps.pad
    return from_rgb(np.asarray(fitting(flat, size, Image.Resampling.LANCZOS)))


def _wants_motion(parameters: Parameters) -> bool:
    return bool(parameters["transition"] != FADE)


def _only_faded(parameters: Parameters) -> str:
    return sentences.ONLY_FADED if _wants_motion(parameters) else ""


OPERATION = Operation(
    name="crossfade",
    module=__name__,
    description="Makes a chunk from stills that become each other.",
    takes=(IMAGE,),
    gives=(CHUNK,),
    backends=(
        OperationBackend(
            "rife",
            lambda work: crossfade(work, rife_transition),
            serves=lambda parameters: bool(parameters["transition"] == INTERPOLATE),
            missing=rife_missing,
        ),
        OperationBackend("flow", lambda work: crossfade(work, grown), serves=_wants_motion),
        OperationBackend("numpy", lambda work: crossfade(work, faded), degraded=_only_faded),
    ),
    parameters=(
        OperationParameter(
            "seconds", "numbers", "How long each still stands.", [4], minimum=0.02, maximum=600
        ),
        OperationParameter(
            "fade", "number", "How long each becomes the next.", 1, minimum=0, maximum=60
        ),
        OperationParameter(
            "transition",
            "text",
            "How each becomes the next: by a fade, by learned motion, by growing into it.",
            FADE,
            choices=(FADE, INTERPOLATE, MORPH),
        ),
        OperationParameter(
            "rate",
            "number",
            "Pictures a second.",
            30,
            minimum=float(MIN_RATE),
            maximum=float(MAX_RATE),
        ),
        OperationParameter("width", "integer", "Of the film.", 1920, minimum=16, maximum=4096),
        OperationParameter("height", "integer", "Of the film.", 1080, minimum=16, maximum=2304),
        OperationParameter("fill", "boolean", "Whether edges may be cut off.", False),
        OperationParameter(
            "into_last",
            "boolean",
            "Whether the last file is only faded into: it is the first one of the next chunk.",
            False,
        ),
        OperationParameter("number", "integer", "Of the chunk.", 0, minimum=0),
        OperationParameter("first", "integer", "Number of its first picture.", 0, minimum=0),
        OperationParameter("is_last", "boolean", "Whether no chunk follows.", True),
    ),
    max_inputs=MAX_STILLS,
)
