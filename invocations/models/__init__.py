"""The rows of the engine: a run, its steps, the tries at each step, and the latch of stop-all."""

from __future__ import annotations

from .attempt import Attempt
from .call_measure import CallMeasure, MeasuredAttempts
from .halt import Halt, StopAll
from .heartbeat import WorkerHeartbeat
from .invocation import Invocation
from .perturbation import Perturbation, StuckReason
from .rate_limiter import RateLimiter
from .run import Run
from .spending import Spending
from .takedown import Takedown
from .warming import Warming
from .webhook_secret import WebhookSecret

__all__ = [
    "Attempt",
    "CallMeasure",
    "Halt",
    "Invocation",
    "MeasuredAttempts",
    "Perturbation",
    "RateLimiter",
    "Run",
    "Spending",
    "StopAll",
    "StuckReason",
    "Takedown",
    "Warming",
    "WebhookSecret",
    "WorkerHeartbeat",
]
