"""What comes through ComfyUI's socket, as far as it is about one prompt. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from platforms.shapes import find

from .workflow import Workflow

ENDINGS = {"execution_success", "execution_error", "execution_interrupted"}


@dataclass(frozen=True, slots=True)
class News:
    """Words for the tile, and whether it is time to look how the prompt ended."""

    words: str = ""
    over: bool = False


NONE = News()


def read(message: str, prompt_id: str, workflow: Workflow) -> News:
    try:
        content = json.loads(message)
    except ValueError:
        return NONE
    kind, data = find(content, "type"), find(content, "data")
    if find(data, "prompt_id") not in {None, prompt_id}:
        return NONE
    node = find(data, "node")
    if kind in ENDINGS or (kind == "executing" and node is None):
        return News(over=True)
    if kind == "executing":
        return News(workflow.title(str(node)))
    if kind == "progress":
        count = f"{find(data, 'value')} of {find(data, 'max')}"
        return News(f"{workflow.title(str(node))}: {count}" if node else count)
    return NONE
