"""The rows of the engine: a run, its steps, the tries at each step, and the red button's latch;
and what people leave on a run: ratings, contact sheets, short addresses."""

from __future__ import annotations

from .alias import StepAlias
from .attempt import Attempt
from .callback import CallbackSecret
from .gate import Gate
from .halt import Halt, StopAll
from .heartbeat import WorkerHeartbeat
from .invocation import Invocation
from .rating import Rating
from .run import Run
from .sheet import Sheet
from .spending import Spending
from .warming import Warming

__all__ = [
    "Attempt",
    "CallbackSecret",
    "Gate",
    "Halt",
    "Invocation",
    "Rating",
    "Run",
    "Sheet",
    "Spending",
    "StepAlias",
    "StopAll",
    "Warming",
    "WorkerHeartbeat",
]
