"""Makes the pictures of a chunk larger: by Lanczos, or by weights that were trained for it.

Weights make them twice as large, and once more for more than that; Lanczos does what is left. Who asks for
them without any gets Lanczos, and is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from operations.chunks import ChunkHeader, frames_of, read_header, require_count, write_chunk
from operations.clip_limits import require_result_size
from operations.contract import (
    CHUNK,
    MadeOutputs,
    Operation,
    OperationBackend,
    OperationOutput,
    OperationParameter,
    OperationWork,
    Parameters,
)
from operations.learned.waifu2x import Waifu2x, waifu2x_missing
from operations.planes import described

# From one picture to another of this width and height.
Enlarge = Callable[[Any, int, int], Any]


def upscale(work: OperationWork, enlarge: Enlarge) -> MadeOutputs:
    (path,) = work.inputs
    header = read_header(path)
    result = enlarged_header(header, work.parameters)
    require_result_size(result.width, result.height)
    chunk = write_chunk(work.folder, result, _larger(path, header, result, work, enlarge))
    return MadeOutputs([OperationOutput(chunk, CHUNK, result.stored)])


def enlarged_header(header: ChunkHeader, parameters: Parameters) -> ChunkHeader:
    """What the chunk becomes."""
    width, height = _size(header, parameters)
    return replace(header, width=width, height=height)


def _size(header: ChunkHeader, parameters: Parameters) -> tuple[int, int]:
    if (height := parameters["height"]) is not None:
        return max(1, round(header.width * height / header.height)), height
    return header.width * parameters["factor"], header.height * parameters["factor"]


def _larger(
    path: Path, header: ChunkHeader, result: ChunkHeader, work: OperationWork, enlarge: Enlarge
) -> Iterator[Any]:
    number = 0
    for number, frame in enumerate(frames_of(path), 1):
        work.report((number - 1) / header.stored, "upscale")
        yield described(enlarge(frame, result.width, result.height))
    require_count(header, number)


def by_lanczos(frame: Any, width: int, height: int) -> Any:
    return frame.reformat(width, height, interpolation="LANCZOS", threads=1)


def _by_waifu2x(work: OperationWork) -> MadeOutputs:
    network = Waifu2x()

    def enlarge(frame: Any, width: int, height: int) -> Any:
        while frame.width < width or frame.height < height:
            frame = network.doubled(frame)
        return by_lanczos(frame, width, height)

    return upscale(work, enlarge)


def _wants_learned(parameters: Parameters) -> bool:
    return bool(parameters["method"] == "learned")


OPERATION = Operation(
    name="upscale",
    module=__name__,
    description="Makes the pictures of a chunk larger.",
    takes=(CHUNK,),
    gives=(CHUNK,),
    backends=(
        OperationBackend("waifu2x", _by_waifu2x, serves=_wants_learned, missing=waifu2x_missing),
        OperationBackend("lanczos", lambda work: upscale(work, by_lanczos)),
    ),
    parameters=(
        OperationParameter(
            "factor", "integer", "How many times as large.", 2, choices=(1, 2, 3, 4)
        ),
        OperationParameter(
            "height",
            "integer",
            "Lines of the result, instead of the factor.",
            minimum=16,
            maximum=4320,
        ),
        OperationParameter(
            "method",
            "text",
            "What they are enlarged by.",
            "lanczos",
            choices=("lanczos", "learned"),
        ),
    ),
)
