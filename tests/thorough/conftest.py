from __future__ import annotations

from tests.api.conftest import *  # noqa: F403  its fixtures
