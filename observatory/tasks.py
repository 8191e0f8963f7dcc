"""What the queue's workers do for the observatory."""

from __future__ import annotations

from invocations.engine.runner import runner

from . import embeddings


def embed_outputs(queue: int) -> None:
    """Embed what waits; the model host calculates, this worker only waits for it."""
    runner().run_in_background(embeddings.embed_waiting)
