"""The model host of a whole installation: it starts when it is needed, and again after a crash."""

from __future__ import annotations

import socket

from tests.stack import Stack


def test_the_model_host_starts_when_somebody_knocks_and_again_after_a_crash(stack: Stack) -> None:
    stack.start(ready=False)
    assert stack.processes("models") == []
    address = stack.manage("shell", "-v", "0", "-c", _WHERE).strip()

    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        stack.wait_until(lambda: stack.processes("models"), 60, "the model host runs")
    (first,) = stack.kill("models")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        stack.wait_until(
            lambda: [p for p in stack.processes("models") if p.pid != first], 60, "it runs again"
        )


_WHERE = (
    "from django.conf import settings; from local_models.address import host_socket;"
    "print(host_socket(settings.RUN_DIR))"
)
