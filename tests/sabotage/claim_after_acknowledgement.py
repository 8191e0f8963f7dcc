"""A message is acknowledged on delivery, and its row is claimed a moment later."""

from __future__ import annotations

import threading
from types import ModuleType

TARGET = "invocations.engine.dispatcher"

DELAY_SECONDS = 0.5


def apply(module: ModuleType) -> None:
    module.DISPATCH_AGAIN_SECONDS = float("inf")  # type: ignore[attr-defined]  # acknowledged: not again
    from invocations import tasks
    from invocations.engine.runner import runner

    def look(pk: int) -> None:
        threading.Timer(DELAY_SECONDS, runner().start_step, [pk]).start()

    tasks.look = look
