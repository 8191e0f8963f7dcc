"""The product's web process with less patience: `daphne tests.thorough.processes.limited_server:application`."""

from __future__ import annotations

import panic.asgi  # first: it sets Django up
from panic import body_limits

body_limits.ORDINARY.seconds = 2.0
body_limits.ORDINARY.total_bytes = 10_000_000
application = panic.asgi.application
