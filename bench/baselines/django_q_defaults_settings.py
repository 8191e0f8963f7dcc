"""The product's settings with the queue as django-q2 comes: every value its default."""

from __future__ import annotations

from panic.settings import *  # noqa: F403

Q_CLUSTER = {"name": "stock", "orm": "default", "log_level": "WARNING"}
