"""Splits a clip into chunks: upright, 8 bits, at an even rate, with its scene cuts found."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from operations.chunks import ChunkHeader, ChunkWriter
from operations.contract import (
    CHUNK,
    CLIP,
    MadeOutputs,
    Operation,
    OperationBackend,
    OperationOutput,
    OperationParameter,
    OperationWork,
)
from operations.inspection import inspect_clip
from operations.scenes import CutDetector
from operations.steady import steady_frames
from operations.timing import MAX_RATE, MIN_RATE, ClipTiming

LEAD = 4  # pictures from which `interpolate` learns what moves


def split(work: OperationWork) -> MadeOutputs:
    (path,) = work.inputs
    work.report(0.0, "probe")
    wanted = work.parameters["rate"]
    rate = None if wanted is None else Fraction(wanted).limit_denominator(1001)
    timing = inspect_clip(path, rate).timing
    chunks = _Chunks(work, timing)
    for number, frame in enumerate(steady_frames(path, timing)):
        chunks.add(frame)
        work.report(number / timing.count, "split")
    outputs = chunks.finish()
    details = {
        "rate": str(timing.rate),
        "frames": timing.count,
        "start": float(timing.start),
        "had_constant_rate": timing.is_constant,
        "cuts": chunks.cuts,
    }
    return MadeOutputs(outputs, details)


class _Chunks:
    """Hands the pictures of a clip to one chunk after the other; each begins with the last ones of the
    one before, and ends with the first one of the next."""

    def __init__(self, work: OperationWork, timing: ClipTiming) -> None:
        self._folder, self._timing = work.folder, timing
        self._sizes = chunk_sizes(timing, float(work.parameters["seconds"]))
        self._length = next(self._sizes)
        self._detector = CutDetector()
        self._writer: ChunkWriter | None = None
        self._first = self._number = self._given = self._lead = 0
        self._latest: deque[Any] = deque(maxlen=LEAD)
        self._outputs: list[OperationOutput] = []
        self._size = 0, 0
        self.cuts: list[int] = []

    def add(self, frame: Any) -> None:
        if self._detector.is_cut(frame):
            self.cuts.append(self._given)
        writer = self._writer = self._writer or self._opened(frame)
        writer.write(frame)
        self._given += 1
        if writer.written - self._lead > self._length:
            self._close(writer, overlap=1)
            self._writer = self._opened(frame)
            self._lead = len(self._latest)
            for earlier in (*self._latest, frame):
                self._writer.write(earlier)
        self._latest.append(frame)

    def finish(self) -> list[OperationOutput]:
        if self._writer is not None:
            self._close(self._writer, overlap=0)
        return self._outputs

    def _opened(self, frame: Any) -> ChunkWriter:
        self._size = frame.width, frame.height
        return ChunkWriter(self._folder, *self._size, self._timing.rate)

    def _close(self, writer: ChunkWriter, *, overlap: int) -> None:
        frames = writer.written - self._lead - overlap
        begin, stop = self._first - self._lead, self._first + frames + overlap
        header = ChunkHeader(
            number=self._number,
            first=self._first,
            frames=frames,
            rate=self._timing.rate,
            width=self._size[0],
            height=self._size[1],
            lead=self._lead,
            overlap=overlap,
            is_last=not overlap,
            cuts=tuple(cut - self._first for cut in self.cuts if begin < cut < stop),
        )
        path = writer.close(header)
        self._outputs.append(OperationOutput(path, CHUNK, header.stored))
        self._first += header.frames
        self._number += 1
        self._length = next(self._sizes, self._length)


def chunk_sizes(timing: ClipTiming, seconds: float) -> Iterator[int]:
    """Pictures in each chunk: as equal as whole numbers are, so that no task is a long one."""
    longest = max(1, round(seconds * timing.rate))
    chunks = -(-timing.count // longest)
    share, more = divmod(timing.count, chunks)
    yield from (share + (number < more) for number in range(chunks))


OPERATION = Operation(
    name="split",
    module=__name__,
    description="Splits a clip into chunks that can be worked on one by one.",
    takes=(CLIP,),
    gives=(CHUNK,),
    backends=(OperationBackend("ffmpeg", split),),
    parameters=(
        OperationParameter(
            "seconds", "number", "How long a chunk may be.", 4, minimum=0.1, maximum=60
        ),
        OperationParameter(
            "rate",
            "number",
            "Pictures a second; without it those of the clip.",
            minimum=float(MIN_RATE),
            maximum=float(MAX_RATE),
        ),
    ),
)
