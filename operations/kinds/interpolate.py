"""Makes more pictures of the same seconds: those that lie between, by following what moves.

Nothing is made from the pictures on both sides of a scene cut: the last one before it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

from operations.chunks import ChunkHeader, frames_of, read_header, require_count, write_chunk
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
from operations.learned.rife import rife_between, rife_missing
from operations.motion import motion_between
from operations.planes import blended, frame_of, planes_of
from operations.timing import MAX_RATE, MIN_RATE

# Pictures of one scene, and the instants (in pictures of that scene, from 0 on) at which some are wanted.
Between = Callable[[Iterator[Any], list[Fraction]], Iterator[Any]]


def interpolate(work: OperationWork, between: Between) -> MadeOutputs:
    (path,) = work.inputs
    header = read_header(path)
    result = interpolated_header(header, work.parameters)
    frames = _counted(frames_of(path), header)
    made = _reported(_scenes(frames, header, result, between), result, work)
    chunk = write_chunk(work.folder, result, made)
    return MadeOutputs([OperationOutput(chunk, CHUNK, result.stored)], {"rate": str(result.rate)})


def interpolated_header(header: ChunkHeader, parameters: Parameters) -> ChunkHeader:
    """What the chunk becomes: its pictures are all that begin within its time, so that chunks that follow
    each other still do."""
    wanted = parameters["rate"]
    rate = header.rate * parameters["factor"]
    if wanted is not None:
        rate = Fraction(wanted).limit_denominator(1001)
    grow = rate / header.rate
    first, stop = ceil(header.first * grow), ceil((header.first + header.frames) * grow)
    cuts = tuple(
        ceil((header.first + cut) * grow) - first for cut in header.cuts if 0 <= cut < header.frames
    )
    return replace(
        header,
        first=first,
        frames=stop - first,
        rate=rate,
        lead=0,
        overlap=0,
        cuts=tuple(sorted(set(cuts))),
    )


def _scenes(
    frames: Iterator[Any], header: ChunkHeader, result: ChunkHeader, between: Between
) -> Iterator[Any]:
    """The pictures of the result, scene by scene."""
    shrink = header.rate / result.rate
    instants = [
        number * shrink - header.first
        for number in range(result.first, result.first + result.frames)
    ]
    bounds = [-header.lead, *header.cuts, header.frames + header.overlap]
    for begin, end in pairwise(bounds):
        scene = _Scene(frames, end - begin)
        own = [at - begin for at in instants if begin <= at < end]
        moving = [at for at in own if at <= end - begin - 1]
        if moving:
            yield from between(scene, moving)
        for _ in scene:  # what nobody asked for
            pass
        for _ in own[len(moving) :]:
            yield scene.latest


class _Scene:
    """The next `count` pictures, and the latest of those that were asked for."""

    def __init__(self, frames: Iterator[Any], count: int) -> None:
        self._frames, self._left = frames, count
        self.latest: Any = None

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if not self._left:
            raise StopIteration
        self._left -= 1
        self.latest = next(self._frames)
        return self.latest


def _counted(frames: Iterable[Any], header: ChunkHeader) -> Iterator[Any]:
    found = 0
    for frame in frames:
        found += 1
        yield frame
    require_count(header, found)


def _reported(frames: Iterable[Any], result: ChunkHeader, work: OperationWork) -> Iterator[Any]:
    for number, frame in enumerate(frames):
        work.report(number / result.frames, "interpolate")
        yield frame


def blend_between(scene: Iterator[Any], instants: list[Fraction]) -> Iterator[Any]:
    """The pictures on both sides laid over each other: things that move become double."""
    number, before = 0, next(scene)
    after: Any = next(scene, None)
    for at in instants:
        while at >= number + 1 and after is not None:
            number, before, after = number + 1, after, next(scene, None)
        if at == number or after is None:
            yield before
        else:
            planes = blended(planes_of(before), planes_of(after), float(at - number))
            yield frame_of(planes)


def _wants_learned(parameters: Parameters) -> bool:
    return bool(parameters["method"] == "learned")


def _wants_motion(parameters: Parameters) -> bool:
    return parameters["method"] in {"motion", "learned"}


def _only_blended(parameters: Parameters) -> str:
    if not _wants_motion(parameters):
        return ""
    return "The pictures in between were blended: motion was not followed."


OPERATION = Operation(
    name="interpolate",
    module=__name__,
    description="Makes the pictures between those of a chunk.",
    takes=(CHUNK,),
    gives=(CHUNK,),
    backends=(
        OperationBackend(
            "rife",
            lambda work: interpolate(work, rife_between),
            serves=_wants_learned,
            missing=rife_missing,
        ),
        OperationBackend(
            "minterpolate", lambda work: interpolate(work, motion_between), serves=_wants_motion
        ),
        OperationBackend(
            "blend", lambda work: interpolate(work, blend_between), degraded=_only_blended
        ),
    ),
    parameters=(
        OperationParameter("factor", "integer", "Pictures for each one.", 2, minimum=1, maximum=8),
        OperationParameter(
            "rate",
            "number",
            "Pictures a second, instead of the factor.",
            minimum=float(MIN_RATE),
            maximum=float(MAX_RATE),
        ),
        OperationParameter(
            "method",
            "text",
            "How the pictures in between are made.",
            "motion",
            choices=("motion", "blend", "learned"),
        ),
    ),
)
