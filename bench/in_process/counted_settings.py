"""The product's settings, with its queries counted (bench.in_process.counting)."""

from __future__ import annotations

from panic.settings import *  # noqa: F403
from panic.settings import MIDDLEWARE as _MIDDLEWARE

MIDDLEWARE = ["bench.in_process.counting.QueryCounterMiddleware", *_MIDDLEWARE]
