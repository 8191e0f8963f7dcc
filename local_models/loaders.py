"""From a model's id to the function that makes its outputs.

Used in the model host only. Whatever is heavy is imported when its model is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from .protocol import HostReply, HostRequest
from .weights import WEIGHTS

LocalModel = Callable[[HostRequest], HostReply]
WRITERS = ("local:rewriter", "local:storyteller", "local:contrarian", "local:detailer")
# The module and the function, for the models that need no weights.
FUNCTIONS = {
    "local:painter": (".painter.painting", "paint"),
    "local:oblique": (".oblique_cards", "pick_card"),
    "local:synth": (".synth", "play"),
    "local:listener": (".listener", "describe_sound"),
    "local:poster": (".poster", "print_poster"),
    "local:zoom": (".moving_pictures", "zoom"),
    "local:frame": (".moving_pictures", "pick_frame"),
}
# Those of the extra "local".
SENSES = ("local:joe", "local:kokoro", "local:whisper", "local:sphinx", "local:reader")
TASTE = "local:taste"  # checks pictures before they are published; no slot can name it
# For the observatory; no slot can name them. They have a thread and weights of their own, so that no
# step waits for them.
EMBEDDERS = ("local:embed-text", "local:embed-image")
SEARCHER = (
    "local:embed-words"  # what somebody searches for and waits for: it waits for no other text
)
SMALL_THREADS = ("searcher",)  # whose weights are mapped, and read by the embedder anyway
MODEL_IDS = (*FUNCTIONS, *WRITERS, *SENSES, "local:tagger")


def thread_of_model(model_id: str) -> str:
    """The name of the thread that runs the model; models that share weights share a thread. Raises
    KeyError for an unknown id."""
    if model_id in EMBEDDERS:
        return "embedder"
    if model_id == SEARCHER:
        return "searcher"
    if model_id not in (*MODEL_IDS, TASTE):
        raise KeyError(model_id)
    return "smollm2" if model_id in WRITERS else model_id.removeprefix("local:")


def loader(weights_dir: Path) -> Callable[[str], LocalModel]:
    """A function that loads a model, given its id; it raises KeyError for an unknown one."""

    def load(model_id: str) -> LocalModel:
        def path(name: str) -> Path:
            return WEIGHTS[name].path(weights_dir)

        if model_id == "local:tagger":
            from .tagger.tagging import Tagger

            return Tagger(path("efficientnet-lite0"), path("imagenet-labels")).caption
        if model_id in WRITERS:
            from .writer.writing import writer

            return writer(model_id.removeprefix("local:"), path("smollm2"))
        if model_id in (*EMBEDDERS, SEARCHER):
            return _embedder(model_id, path)
        if model_id == TASTE:
            from .taste.looking import Taste

            return Taste(path("taste")).look
        if model_id in SENSES:
            return _sense(model_id, path)
        module, function = FUNCTIONS[model_id]
        found: LocalModel = getattr(import_module(module, __package__), function)
        return found

    return load


def _embedder(model_id: str, path: Callable[[str], Path]) -> LocalModel:
    from .embedder.embedding_calls import ImageEmbedder, TextEmbedder, step_back

    if model_id != SEARCHER:
        step_back()
    if model_id == "local:embed-image":
        return ImageEmbedder(path("efficientnet-lite0"))
    return TextEmbedder(path("minilm"), path("minilm-vocabulary"))


def _sense(model_id: str, path: Callable[[str], Path]) -> LocalModel:
    if model_id == "local:reader":
        from .reader.reading import PictureReader

        return PictureReader(path("ocr-lines"), path("ocr-signs")).read
    if model_id == "local:whisper":
        from .speech.whisper import Whisper

        return Whisper(path("whisper").parent).write_down
    if model_id == "local:sphinx":
        from .speech.sphinx import Sphinx

        return Sphinx().write_down
    from .speech.voices import Joe, Kokoro

    if model_id == "local:joe":
        return Joe(path("joe"), path("joe-phonemes")).speak
    parts = [path(f"kokoro-{number}") for number in (1, 2, 3, 4)]
    return Kokoro(parts, path("kokoro-vocabulary"), path("kokoro-voices")).speak
