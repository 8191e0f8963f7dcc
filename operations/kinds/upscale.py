"""Makes the pictures of a chunk larger.

Lanczos is what there is. Weights that were trained for it (waifu2x and the like) have their seat in front
of it in `OPERATION.backends`; who asks for them without any gets Lanczos, and is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
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
from operations.planes import described


def upscale(work: OperationWork) -> MadeOutputs:
    (path,) = work.inputs
    header = read_header(path)
    width, height = _size(header, work.parameters)
    require_result_size(width, height)
    result = replace(header, width=width, height=height)
    chunk = write_chunk(work.folder, result, _larger(path, header, result, work))
    return MadeOutputs([OperationOutput(chunk, CHUNK, result.stored)])


def _size(header: ChunkHeader, parameters: Parameters) -> tuple[int, int]:
    if (height := parameters["height"]) is not None:
        return max(1, round(header.width * height / header.height)), height
    return header.width * parameters["factor"], header.height * parameters["factor"]


def _larger(
    path: Any, header: ChunkHeader, result: ChunkHeader, work: OperationWork
) -> Iterator[Any]:
    number = 0
    for number, frame in enumerate(frames_of(path), 1):
        work.report(number / header.stored, "upscale")
        yield described(
            frame.reformat(result.width, result.height, interpolation="LANCZOS", threads=1)
        )
    require_count(header, number)


def _not_learned(parameters: Parameters) -> str:
    if parameters["method"] == "lanczos":
        return ""
    return "No weights for larger pictures are installed: they were enlarged by Lanczos."


OPERATION = Operation(
    name="upscale",
    module=__name__,
    description="Makes the pictures of a chunk larger.",
    takes=(CHUNK,),
    gives=(CHUNK,),
    backends=(OperationBackend("lanczos", upscale, degraded=_not_learned),),
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
