"""What the queue's workers do for displays."""

from __future__ import annotations

from invocations.engine.runner import runner

from . import boards


def send_to_board(pk: int) -> None:
    """Send what waits for a board; the request itself waits on the worker's loop."""
    runner().attend(lambda desk: boards.send(pk, desk))
