"""Runs a demo network in this process, without the engine: `python -m tests.weights.rings NAME HOPS`.

Prints a JSON object: the texts of the run, and the largest memory of the process in MB. A connection to
anywhere but a Unix socket ends it.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from local_models.__main__ import ENVIRONMENT
from local_models.loaders import LocalModel, loader
from local_models.memory import keep_little_memory
from local_models.protocol import HostRequest
from networks.demo_networks import DEMOS, Demo

ENDINGS = {
    "audio/wav": ".wav",
    "image/webp": ".webp",
    "image/jpeg": ".jpg",
    "video/mp4": ".mp4",
}
SEED = 7


def forbid_connections(event: str, values: tuple[Any, ...]) -> None:
    if event == "socket.connect" and values[0].family != socket.AF_UNIX:
        os._exit(66)
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        os._exit(67)


def run_ring(
    demo: Demo, hops: int, weights: Path, folder: Path, *, max_texts: int = 1000
) -> list[str]:
    """The texts of a run from its first attract prompt."""
    load, loaded = loader(weights), dict[str, LocalModel]()
    text, path, texts = demo.attract_prompts[0], "", list[str]()
    for hop in range(hops):
        if len(texts) == max_texts:
            break
        slot: dict[str, Any] = demo.slots[hop % len(demo.slots)]
        model = str(slot["model"])
        loaded.setdefault(model, load(model))
        parameters = {"seed": SEED, **slot["parameters"]}
        reply = loaded[model](HostRequest(model, text, path, parameters, key=f"{hop}"))
        if reply.text is not None:
            text, path = reply.text, ""
            texts.append(text)
            continue
        output = folder / f"{hop}{ENDINGS[reply.content_type]}"
        output.write_bytes(reply.data)
        text, path = "", str(output)
    return texts


def main() -> None:
    os.environ.update(ENVIRONMENT)
    keep_little_memory()
    sys.addaudithook(forbid_connections)
    name, hops, weights = sys.argv[1:]
    demo = next(one for one in DEMOS if one.name == name)
    with tempfile.TemporaryDirectory() as folder:
        texts = run_ring(demo, int(hops), Path(weights), Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(json.dumps({"texts": texts, "peak": peak}))


if __name__ == "__main__":
    main()
