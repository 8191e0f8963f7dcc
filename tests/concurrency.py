"""Functions that are called at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connections


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run every act in a thread of its own, released together; results or exceptions, in order."""
    found: list[object] = [None] * len(acts)
    gate = threading.Barrier(len(acts))

    def work(position: int, act: Callable[[], object]) -> None:
        gate.wait()
        try:
            found[position] = act()
        except Exception as error:
            found[position] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(i, act)) for i, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
