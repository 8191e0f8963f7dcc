"""The local models as rows, and what each needs to be there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

from platforms.base import JSON, Availability, Modality, Model

from .weights import WEIGHTS

DEADLINE_SECONDS = 120.0  # waiting in a busy lane counts
SEED: JSON = {
    "type": "integer",
    "minimum": 0,
    "maximum": 2**31 - 1,
    "title": "Seed",
    "description": "A fixed seed makes the same input give the same output.",
}
TEMPERATURE: JSON = {
    "type": "number",
    "minimum": 0.1,
    "maximum": 1.5,
    "default": 0.85,
    "title": "Temperature",
    "description": "How far the words may stray.",
}
TOY = "A toy of 135 million parameters: fluent, forgetful, and wrong about facts."


@dataclass(frozen=True, slots=True)
class Entry:
    """A model, the lane whose thread it shares, and what must be installed for it."""

    model: Model
    lane: str
    packages: tuple[str, ...]
    weights: tuple[str, ...] = ()

    def availability(self) -> Availability:
        """Known from the file system alone; nothing is imported."""
        for package in self.packages:
            if not _installed(package):
                return Availability(
                    False, f"{self.model.name} needs the package {package}: run `make setup`."
                )
        if not all(WEIGHTS[name].present() for name in self.weights):
            return Availability(False, f"{self.model.name} needs its weights: run `make weights`.")
        return Availability(True)


@cache
def _installed(package: str) -> bool:
    return find_spec(package) is not None


def _parameters(**properties: JSON) -> JSON:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _writer(slug: str, name: str, note: str) -> Entry:
    return Entry(
        model=Model(
            id=f"local:{slug}",
            name=name,
            input=Modality.TEXT,
            output=Modality.TEXT,
            path=slug,
            parameters=_parameters(temperature=TEMPERATURE, seed=SEED),
            seconds=0.8,
            usd=0.0,
            deadline_seconds=DEADLINE_SECONDS,
            maker="Hugging Face (SmolLM2-135M-Instruct)",
            licence="Apache-2.0",
            note=f"{note} {TOY}",
        ),
        lane="smollm2",
        packages=("xllamacpp",),
        weights=("smollm2",),
    )


ENTRIES = (
    Entry(
        model=Model(
            id="local:painter",
            name="Prompt painter",
            input=Modality.TEXT,
            output=Modality.IMAGE,
            path="painter",
            parameters=_parameters(
                noise={
                    "type": "number",
                    "minimum": 0,
                    "maximum": 1,
                    "default": 0,
                    "title": "Noise",
                    "description": "How far the picture strays from what its words fix.",
                },
                seed=SEED,
            ),
            seconds=0.4,
            usd=0.0,
            deadline_seconds=DEADLINE_SECONDS,
            maker="PANIC!",
            licence="as this product",
            note=(
                "A procedural painter: form and colour computed from the words, no neural network "
                "trained on pictures. The same words always give the same picture, and words that "
                "are close give pictures that are close."
            ),
        ),
        lane="painter",
        packages=("numpy", "PIL"),
    ),
    Entry(
        model=Model(
            id="local:tagger",
            name="Tagger",
            input=Modality.IMAGE,
            output=Modality.TEXT,
            path="tagger",
            seconds=0.3,
            usd=0.0,
            deadline_seconds=DEADLINE_SECONDS,
            maker="Google (EfficientNet-Lite0), weights by ML Illustrated",
            licence="Apache-2.0; trained on ImageNet",
            note=(
                "Names what it thinks it sees, the colours and where the light is. It knows a "
                "thousand things and sees them everywhere."
            ),
        ),
        lane="tagger",
        packages=("numpy", "PIL"),
        weights=("efficientnet-lite0", "imagenet-labels"),
    ),
    _writer("rewriter", "Rewriter", "Says the same in other words, more or less."),
    _writer("storyteller", "Storyteller", "Tells what happens next."),
    _writer("contrarian", "Contrarian", "Turns the scene into its opposite."),
    _writer("detailer", "Detailer", "Puts people, places and things back in."),
    Entry(
        model=Model(
            id="local:oblique",
            name="Oblique cards",
            input=Modality.TEXT,
            output=Modality.TEXT,
            path="oblique",
            parameters=_parameters(seed=SEED),
            seconds=0.05,
            usd=0.0,
            deadline_seconds=DEADLINE_SECONDS,
            maker="PANIC!",
            licence="as this product",
            note=(
                "Keeps a few of the words and draws a card: an instruction that sends the work "
                "somewhere else. For rings that have settled. After Oblique Strategies; the cards "
                "are our own."
            ),
        ),
        lane="deck",
        packages=(),
    ),
    Entry(
        model=Model(
            id="local:synth",
            name="Word synthesizer",
            input=Modality.TEXT,
            output=Modality.AUDIO,
            path="synth",
            parameters=_parameters(
                seconds={
                    "type": "number",
                    "minimum": 3,
                    "maximum": 20,
                    "default": 8,
                    "title": "Length in seconds",
                },
            ),
            seconds=0.3,
            usd=0.0,
            deadline_seconds=DEADLINE_SECONDS,
            maker="PANIC!",
            licence="as this product",
            note=(
                "A small synthesizer that plays the words: their sounds choose scale, tempo, "
                "melody and timbre. The same words always give the same tune."
            ),
        ),
        lane="synth",
        packages=("numpy",),
    ),
    Entry(
        model=Model(
            id="local:listener",
            name="Listener",
            input=Modality.AUDIO,
            output=Modality.TEXT,
            path="listener",
            seconds=0.3,
            usd=0.0,
            deadline_seconds=DEADLINE_SECONDS,
            maker="PANIC!",
            licence="as this product",
            note=(
                "Hears tempo, register, brightness and mood, and describes a scene that sounds "
                "so. It measures; it understands no speech."
            ),
        ),
        lane="listener",
        packages=("numpy", "av"),
    ),
)
BY_ID = {entry.model.id: entry for entry in ENTRIES}


def lane_of(model_id: str) -> str:
    """Raises KeyError for an id that is not in the catalogue."""
    return BY_ID[model_id].lane
