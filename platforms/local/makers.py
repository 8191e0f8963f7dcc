"""From a model's id to the function that makes its outputs.

Runs in the model host only. Every import of something heavy waits until its model is asked.
"""

from __future__ import annotations

from collections.abc import Callable

from .protocol import Reply, Request
from .weights import weight_path

Maker = Callable[[Request], Reply]


def load(model_id: str) -> Maker:
    """Load what the model needs and give its function; raises KeyError for an unknown id."""
    return LOADERS[model_id]()


def _painter() -> Maker:
    from .painter import paint

    return paint


def _tagger() -> Maker:
    from .tagger import Tagger

    return Tagger(weight_path("efficientnet-lite0"), weight_path("imagenet-labels")).caption


def _writer(trade: str) -> Maker:
    from .writer import writer

    return writer(trade, weight_path("smollm2"))


def _synth() -> Maker:
    from .synth import play

    return play


def _listener() -> Maker:
    from .listener import listen

    return listen


def _deck() -> Maker:
    from .deck import draw

    return draw


LOADERS: dict[str, Callable[[], Maker]] = {
    "local:painter": _painter,
    "local:tagger": _tagger,
    "local:rewriter": lambda: _writer("rewriter"),
    "local:storyteller": lambda: _writer("storyteller"),
    "local:contrarian": lambda: _writer("contrarian"),
    "local:detailer": lambda: _writer("detailer"),
    "local:oblique": _deck,
    "local:synth": _synth,
    "local:listener": _listener,
}
