"""What the queue's workers do for the observatory."""

from __future__ import annotations

from django.utils import timezone

from invocations.engine.runner import runner

from . import embeddings, redraws, run_pairs, search


def embed_outputs(queue: int) -> None:
    """Embed what waits; the model host calculates, this worker only waits for it."""
    runner().run_in_background(embeddings.embed_waiting)


def go_on_redrawing(redraw: int) -> None:
    """Draw the next time, where the last one is done."""
    redraws.go_on(redraw, at=timezone.now())


def follow_run(pair: int) -> None:
    """Have a companion do what its run was told."""
    run_pairs.follow(pair, at=timezone.now())


def rebuild_index(_: int) -> None:
    """Build the index for search anew, in a process of its own."""
    runner().run_in_background(search.rebuild_index)
