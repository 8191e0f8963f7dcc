"""What Ollama can do besides OpenAI's format: load a model before somebody asks for an answer."""

from __future__ import annotations

import json

from . import web
from .base import Call, Warmed, Warmth
from .errors import Unavailable
from .shapes import find
from .stopping import unless_stopped

KEEP = "30m"  # how long it stays in memory unused
LOADING = 600.0  # seconds at most; a large one comes from a slow disk
OTHERS = "Servers other than Ollama cannot be asked; most keep what they list in memory."


async def load(address: str, call: Call) -> Warmed:
    """Have the server at `address` (which ends in /v1) read the model into memory."""
    root = address.removesuffix("/v1")
    asked = {"model": call.model.path, "keep_alive": KEEP, "stream": False}
    # Without a prompt there is nothing to answer. It hears when we hang up, so that has to wait.
    asking = web.send(
        "The server",
        "POST",
        f"{root}/api/generate",
        headers={"Content-Type": "application/json"},
        content=json.dumps(asked).encode(),
        seconds=LOADING,
    )
    answer = await unless_stopped(call, asking)
    if answer.status == 200 and find(answer.json(), "done"):
        return Warmed(Warmth.WARM, "Loaded; it stays in memory for half an hour.")
    if answer.status >= 500:
        raise Unavailable(f"The server answered {answer.status}.")
    return Warmed(Warmth.UNKNOWN, OTHERS)
