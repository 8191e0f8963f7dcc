"""Joins the chunks of a clip to one: by their numbers, without encoding a picture again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from operations.chunks import (
    ChunkHeader,
    copy_packets,
    in_order,
    joined_header,
    own_of_all,
    packets_of,
)
from operations.contract import (
    CHUNK,
    MadeOutputs,
    Operation,
    OperationBackend,
    OperationOutput,
    OperationWork,
)

MAX_CHUNKS = 10_000


def concat(work: OperationWork) -> MadeOutputs:
    chunks = in_order(work.inputs)
    header = joined_header(chunks)
    path = work.folder / "joined.mkv"
    copy_packets(path, header, _packets(chunks, work))
    details = {"chunks": len(chunks), "frames": header.frames, "rate": str(header.rate)}
    return MadeOutputs([OperationOutput(path, CHUNK, header.frames)], details)


def _packets(chunks: list[tuple[Path, ChunkHeader]], work: OperationWork) -> Iterator[Any]:
    """Each chunk's own pictures."""
    for path, header in chunks:
        work.report(header.number / len(chunks), "concat")
        yield from own_of_all(packets_of(path), header)


OPERATION = Operation(
    name="concat",
    module=__name__,
    description="Joins the chunks of a clip.",
    takes=(CHUNK,),
    gives=(CHUNK,),
    backends=(OperationBackend("copy", concat),),
    max_inputs=MAX_CHUNKS,
)
