"""The product's settings, with its queries counted (bench.inside.counting)."""

from __future__ import annotations

from panic.settings import *  # noqa: F403
from panic.settings import MIDDLEWARE as _MIDDLEWARE

MIDDLEWARE = ["bench.inside.counting.Counting", *_MIDDLEWARE]
