"""The rows of the engine: a run, its steps, the tries at each step, and the red button's latch."""

from __future__ import annotations

from .attempt import Attempt
from .gate import Gate
from .halt import Halt, StopAll
from .heartbeat import WorkerHeartbeat
from .invocation import Invocation
from .run import Run
from .spending import Spending

__all__ = [
    "Attempt",
    "Gate",
    "Halt",
    "Invocation",
    "Run",
    "Spending",
    "StopAll",
    "WorkerHeartbeat",
]
