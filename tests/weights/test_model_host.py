"""The model host as a process with the real weights: what it takes, and what it gives back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from local_models.address import host_socket
from local_models.client import ask
from local_models.loaders import EMBEDDERS, FUNCTIONS, SEARCHER, SENSES, TASTE, WRITERS
from local_models.protocol import HostReply, HostRequest

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).resolve().parents[2]
MAX_MB = 1200
WORDS = "The old lighthouse keeper counted the ships until the fog took the last of them. "
LONG = WORDS * 4
MAKERS = {
    "local:painter": ".webp",
    "local:poster": ".webp",
    "local:zoom": ".mp4",
    "local:joe": ".wav",
}


class Host:
    def __init__(self, process: psutil.Process, run_dir: Path) -> None:
        self._process, self._run_dir = process, run_dir

    def ask(self, request: HostRequest) -> HostReply:
        reply = asyncio.run(ask(self._run_dir, request))
        assert not reply.error, f"{request.model}: {reply.detail}"
        return reply

    def memory(self) -> float:
        """Of it and its children, in MB."""
        tree = [self._process, *self._process.children(recursive=True)]
        return float(sum(one.memory_full_info().pss for one in tree)) / 1e6

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + 300
        while not condition():
            assert time.monotonic() < until, what
            time.sleep(0.2)


@contextmanager
def host_of(weights: Path, *arguments: str) -> Iterator[Host]:
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        command = ["-m", "local_models", "--run-dir", folder, "--weights-dir", str(weights)]
        process = subprocess.Popen([sys.executable, *command, *arguments], cwd=ROOT)
        host = Host(psutil.Process(process.pid), Path(folder))
        try:
            host.wait_until(lambda: host_socket(Path(folder)).exists(), "it listens")
            yield host
        finally:
            process.kill()
            process.wait()


def test_everything_loaded_and_used_stays_below_the_limit(
    found_senses: Path, tmp_path: Path
) -> None:
    files: dict[str, str] = {}
    with host_of(found_senses) as host:
        for model in (*FUNCTIONS, *WRITERS, "local:joe", "local:zoom", "local:frame", "local:tagger", *SENSES,
                      TASTE, *EMBEDDERS, SEARCHER):  # fmt: skip
            reply = host.ask(request_of(model, files))
            if suffix := MAKERS.get(model):
                path = tmp_path / f"made{suffix}"
                path.write_bytes(reply.data)
                files[suffix] = str(path)
            assert host.memory() < MAX_MB, model

        host.ask(HostRequest("local:kokoro", text=LONG))

        assert host.memory() < MAX_MB


def request_of(model: str, files: dict[str, str]) -> HostRequest:
    """With an input of its kind; the sound and the film are made on the way."""
    if model in ("local:listener", "local:whisper", "local:sphinx"):
        return HostRequest(model, path=files.get(".wav", ""), load_only=".wav" not in files)
    if model == "local:frame":
        return HostRequest(model, path=files.get(".mp4", ""), load_only=".mp4" not in files)
    if model in ("local:zoom", "local:tagger", "local:reader", TASTE, "local:embed-image"):
        return HostRequest(model, path=files.get(".webp", ""))
    return HostRequest(model, text=WORDS, parameters={"texts": [WORDS]}, key="k")


def test_a_model_that_is_not_used_gives_its_memory_back(weights: dict[str, Path]) -> None:
    folder = weights["smollm2"].parents[1]
    with host_of(folder, "--unload-seconds", "1") as host:
        before = host.memory()
        asking = HostRequest("local:rewriter", text=WORDS, key="k")
        first = host.ask(asking)
        loaded = host.memory()

        host.wait_until(lambda: host.memory() < before + (loaded - before) / 2, "it is unloaded")

        assert host.ask(asking).text == first.text
