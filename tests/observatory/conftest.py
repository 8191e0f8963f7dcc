from __future__ import annotations

from tests.observatory.embedding_host import *  # noqa: F403  its fixtures
