"""SmolLM2 through llama.cpp, in this process.

llama.cpp's server insists on listening somewhere; it is given a socket in a folder that only this
user may open, never a TCP port, and nobody connects to it.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakValueDictionary, finalize

CONTEXT = 1024  # tokens; the longest prompt is about 700 (see writing.MAX_BYTES)
MAX_ANSWER_TOKENS = 46  # tokens
STOPS = ["\n", "<|im_end|>"]


class Engine(Protocol):
    """What continues a text."""

    def complete(self, prompt: str, *, seed: int, temperature: float) -> tuple[str, bool]:
        """The continuation, and whether it came to its own end."""
        ...


class Llama:
    """One loaded model. Not for two threads at once."""

    def __init__(self, weights: Path) -> None:
        import xllamacpp

        folder = tempfile.mkdtemp(prefix="panic-llm-")
        finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._server = xllamacpp.Server(_parameters(xllamacpp, weights, Path(folder)))

    def complete(self, prompt: str, *, seed: int, temperature: float) -> tuple[str, bool]:
        answer: dict[str, Any] = self._server.handle_completions(
            {
                "prompt": prompt,
                "max_tokens": MAX_ANSWER_TOKENS,
                "seed": seed,
                "temperature": temperature,
                "top_p": 0.92,
                "min_p": 0.05,
                "repeat_penalty": 1.1,
                "stop": STOPS,
                # Without the cache of the last prompt the same seed gives the same words.
                "cache_prompt": False,
            }
        )
        choice = answer["choices"][0]
        return str(choice["text"]), choice["finish_reason"] == "stop"


_loaded: WeakValueDictionary[Path, Llama] = WeakValueDictionary()


def engine(weights: Path) -> Llama:
    """The one model in memory, loaded when first asked for; it goes when nobody uses it any more."""
    found = _loaded.get(weights)
    if found is None:
        found = _loaded[weights] = Llama(weights)
    return found


def _parameters(xllamacpp: Any, weights: Path, folder: Path) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.hostnames = [str(folder / "llm.sock")]
    parameters.n_ctx = CONTEXT
    parameters.n_batch = parameters.n_ubatch = 256
    parameters.n_parallel = 1
    parameters.n_threads_http = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.warmup = parameters.ui = False
    parameters.cache_ram_mib = 0
    parameters.verbosity = -1
    return parameters
