"""A message counts as done when it is delivered; the row is claimed a moment later."""

from __future__ import annotations

import threading
from types import ModuleType

TARGET = "invocations.engine.dealing"

LATER = 0.5


def apply(module: ModuleType) -> None:
    module.OFFER_AGAIN = float("inf")  # type: ignore[attr-defined]  # acknowledged: not offered again
    from invocations import tasks
    from invocations.engine.runner import runner

    def look(pk: int) -> None:
        threading.Timer(LATER, runner().begin, [pk]).start()

    tasks.look = look
