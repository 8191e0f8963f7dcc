"""Reading back what a backend wrote, to its end: only that counts as a result."""

from __future__ import annotations

from collections.abc import Callable

import av
from PIL import Image

from . import sentences
from .chunks import frames_of, read_header
from .contract import CHUNK, FILM, IMAGE, OperationOutput
from .errors import BackendFailed, BadInput


def verify_output(output: OperationOutput, backend: str, alive: Callable[[], None]) -> None:
    """Raises BackendFailed; `alive` is called all the time."""
    try:
        problem = _problem(output, alive)
    except (OSError, SyntaxError, ValueError, BadInput, av.error.FFmpegError) as error:
        problem = str(error)
    if problem:
        said = sentences.UNPROVEN % {"problem": problem}
        raise BackendFailed(sentences.FAILED % {"backend": backend, "problem": said})


def _problem(output: OperationOutput, alive: Callable[[], None]) -> str:
    if output.kind == IMAGE:
        with Image.open(output.path) as image:
            image.load()
        return ""
    found = _decoded(output, alive)
    if output.kind == CHUNK and read_header(output.path).stored != output.frames:
        return "it says another number of pictures than it has"
    if output.frames and found != output.frames:
        return f"{found} pictures instead of {output.frames}"
    return "" if found else "there is nothing in it"


def _decoded(output: OperationOutput, alive: Callable[[], None]) -> int:
    """The pictures in it, or the frames of a sound."""
    if output.kind == CHUNK:
        found = 0
        for _ in frames_of(output.path):
            alive()
            found += 1
        return found
    found = 0
    with av.open(str(output.path)) as media:
        for stream in media.streams:
            stream.codec_context.thread_count = 1
        for packet in media.demux():
            for _ in packet.decode():
                alive()
                found += packet.stream.type == ("video" if output.kind == FILM else "audio")
    return found
