from __future__ import annotations

from tests.operations.conftest import *  # noqa: F403  its fixtures
